export { applyDense, dense, type DenseOptions, type DenseParams, flatten } from './dense.ts'
