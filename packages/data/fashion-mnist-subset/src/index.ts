export { fashionMnistSubsetFiles } from './files.ts'
export { loadFashionMnistSubset, type SubsetReadError } from './load.ts'
