export { applyDropPath, dropPath, type DropPathOptions, linearRates } from './drop-path.ts'
