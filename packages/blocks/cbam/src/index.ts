export {
  type Cbam,
  cbam,
  type CbamChannel,
  cbamChannel,
  type CbamChannelOptions,
  type CbamSpatial,
  cbamSpatial,
  type CbamSpatialOptions,
} from './cbam.ts'
export { channelMax, channelMean } from './channel-pools.ts'
