export { cifarClasses, type CifarName, decodeCifar } from './decode.ts'
export type { CifarError } from './error.ts'
export { type Cifar, cifarFiles, cifarMoments, loadCifarFolder } from './folder.ts'
