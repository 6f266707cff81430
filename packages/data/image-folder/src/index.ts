export type { ImageFiles, ListingError, SplitFiles } from './image-files.ts'
export { type ImageFolderOptions, listImageFolder } from './image-folder.ts'
export { readManifest } from './manifest.ts'
export { splitFiles, type SplitOptions } from './split.ts'
