export {
  applyBatchNorm,
  batchNorm,
  type BatchNormOptions,
  batchNormOptionsOf,
  type BatchNormParams,
  type BatchNormState,
  textbookConvention,
  trainBatchNorm,
} from './batch-norm.ts'
export { batchNormGradient } from './primitives.ts'
