export {
  applyBatchNorm,
  batchNorm,
  type BatchNormOptions,
  type BatchNormParams,
  type BatchNormState,
  textbookConvention,
  trainBatchNorm,
} from './batch-norm.ts'
