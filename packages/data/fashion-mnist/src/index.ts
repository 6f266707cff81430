export {
  decodeFashionMnist,
  type FashionMnist,
  fashionMnistClasses,
  type FashionMnistDecodeError,
  type FashionMnistFile,
  fashionMnistFiles,
  fashionMnistMoments,
} from './decode.ts'
export type { FashionMnistError, FolderError } from './error.ts'
export { loadFashionMnistFolder } from './folder.ts'
export {
  type Checksums,
  fashionMnistBaseUrl,
  fashionMnistChecksums,
  loadFashionMnist,
  type LoadOptions,
  type Progress,
} from './load.ts'
