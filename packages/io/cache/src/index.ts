export { cacheFolder } from './cache-folder.ts'
export { type MakeFolderError, makeFolder, type MakeFolderSystem } from './make-folder.ts'
