export {
  type EfficientChannelAttention,
  efficientChannelAttention,
  type EfficientChannelAttentionOptions,
  neighbours,
} from './efficient-channel-attention.ts'
