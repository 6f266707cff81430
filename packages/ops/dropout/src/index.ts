export { applyDropout, dropout, type DropoutOptions } from './dropout.ts'
