export { type Fuse, hourglass, type HourglassOptions, maskDepth } from './hourglass.ts'
export { attentionResidual } from './joins.ts'
export { type ResidualAttention, residualAttention, type ResidualAttentionOptions } from './residual-attention.ts'
export {
  channelAttention,
  mixedAttention,
  type SoftMask,
  softMask,
  type SoftMaskOptions,
  spatialAttention,
} from './soft-mask.ts'
