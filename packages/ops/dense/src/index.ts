export { applyDense, applyFlatten, dense, type DenseOptions, type DenseParams, flatten } from './dense.ts'
