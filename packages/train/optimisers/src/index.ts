export type { At, Optimiser, OptimiserState, Updated } from './optimiser.ts'
export { sgd, type SgdOptions } from './sgd.ts'
