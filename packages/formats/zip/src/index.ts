export type { ZipError } from './error.ts'
export { bufferedFile, fileOf, type SourceFile } from './source-file.ts'
export { openZip, type Zip } from './zip.ts'
