export { cacheFolder } from './cache-folder.ts'
export { type FolderError, makeFolder, type MakeFolderSystem } from './make-folder.ts'
