export {
  type AttentionDepth,
  attentionNet,
  type AttentionNetOptions,
  attentionNext,
  cifarAttention,
  type CifarAttentionOptions,
  cifarResattnet,
} from './residual-attention.ts'
export { attentionBlocks, type AttentionUnits, grouped, preActivated } from './units.ts'
