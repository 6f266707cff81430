export { cifarClasses, decodeCifar } from './decode.ts'
export type { CifarError } from './error.ts'
export { type Cifar, cifarFiles, cifarFolders, cifarMoments, loadCifarFolder } from './folder.ts'
export type { CifarFile, CifarName } from './part.ts'
