export { readBytes } from './read-bytes.ts'
export { type Readers, startReaders } from './readers.ts'
export { fileSource, type LabelledFiles, setSource } from './source.ts'
export { type ReadError, type Task, type View, viewPixels } from './view.ts'
