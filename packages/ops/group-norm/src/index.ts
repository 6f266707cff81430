export {
  applyGroupNorm,
  groupNorm,
  type GroupNormOptions,
  type GroupNormParams,
  type GroupNormWindow,
} from './group-norm.ts'
