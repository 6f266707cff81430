export { fashionMnistSubsetFiles } from './files.ts'
export { loadFashionMnistSubset, loadFashionMnistSubsetFrom, type SubsetReadError } from './load.ts'
