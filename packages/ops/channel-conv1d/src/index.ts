export {
  applyChannelConv1d,
  channelConv1d,
  type ChannelConv1dOptions,
  type ChannelConv1dParams,
} from './channel-conv1d.ts'
