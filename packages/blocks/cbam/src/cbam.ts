import { sigmoid } from '@resfn/activation'
import { type ConvBn, convBn } from '@resfn/conv-bn'
import type { DenseParams } from '@resfn/dense'
import {
  type AnyLayer,
  channels,
  type Empty,
  followedBy,
  type Layer,
  parallel,
  product,
  type Sequential,
  sequential,
  shaped,
  shared,
  type Skip,
  skip,
  sum,
  type Views,
} from '@resfn/layer'
import { type BatchNorm, type Makers } from '@resfn/makers'
import { checkOptions, flag, func, optional, wholeNumberFrom } from '@resfn/options'
import { globalAvgPool, globalMaxPool } from '@resfn/pool'
import { excitation, type Reduction, reduceBy } from '@resfn/squeeze-and-excitation'
import { channelMax, channelMean } from './channel-pools.ts'

/** Channels weighted by a gate of their means and maxima. */
export type CbamChannel = Skip<Layer<{ readonly fc1: DenseParams; readonly fc2: DenseParams }>>

/** Pixels weighted by a gate of the means and maxima over their channels. */
export type CbamSpatial<N extends AnyLayer = BatchNorm> = Skip<
  Sequential<{ readonly maps: Layer<Empty>; readonly conv: ConvBn<N>; readonly sigmoid: Layer<Empty> }>
>

/** Channel attention, then spatial attention. */
export type Cbam<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly channel: CbamChannel
  readonly spatial: CbamSpatial<N>
}>

/** The options of the channel attention. */
export type CbamChannelOptions = {
  /** hidden features; `reduceBy(16)` by default */
  readonly hidden?: Reduction
  /** whether the perceptron has biases; it has none by default */
  readonly bias?: boolean
}

/** The options of the spatial attention. */
export type CbamSpatialOptions = {
  /** height and width of its filter; 7 by default */
  readonly size?: number
  /** the maps that it reads, in their order; `{ mean: channelMean, max: channelMax }` by default */
  readonly maps?: Views
}

const isRecord = {
  must: 'a record of layers',
  holds: (value: unknown): boolean => typeof value === 'object' && value !== null,
}
const channelRules = { hidden: optional(func), bias: optional(flag) }
const spatialRules = { size: optional(wholeNumberFrom(1)), maps: optional(isRecord) }

/**
 * Channel attention: `y = x sigmoid(f(mean) + f(max))`, with one perceptron `f` for the mean and the maximum of each
 * channel.
 *
 * @param options hidden features, and whether there are biases
 * @param makers others than the usual ones; only the activation is used
 * @throws OptionsError if an option is unknown or not of its kind
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Woo et al., "CBAM: convolutional block attention module" (2018), equation 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cbamChannel } from '@resfn/cbam'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cbamChannel(), [56, 56, 256]).params, 2 * 256 * 16)
 * ```
 */
export const cbamChannel = (options: CbamChannelOptions = {}, makers?: Makers<AnyLayer>): CbamChannel => {
  checkOptions('cbamChannel', options, channelRules)
  const { hidden = reduceBy(16), bias = false } = options
  const pooled = shared({ mean: globalAvgPool, max: globalMaxPool }, sum)
  return skip(product)(
    shaped((input) => followedBy(pooled(excitation({ channels: input.at(-1)!, hidden, bias }, makers)), sigmoid)),
  )
}

/**
 * Spatial attention: `y = x sigmoid(bn(conv(maps)))`, with the mean and the maximum over the channels as the maps.
 *
 * @param options size of the filter, and the maps
 * @param makers others than the usual ones
 * @throws OptionsError if an option is unknown or not of its kind
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Woo et al., "CBAM: convolutional block attention module" (2018), equation 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cbamSpatial } from '@resfn/cbam'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cbamSpatial(), [56, 56, 256]).params, 7 * 7 * 2 + 2)
 * ```
 */
export const cbamSpatial = <N extends AnyLayer = BatchNorm>(
  options: CbamSpatialOptions = {},
  makers?: Makers<N>,
): CbamSpatial<N> => {
  checkOptions('cbamSpatial', options, spatialRules)
  const { size = 7, maps = { mean: channelMean, max: channelMax } } = options
  const read: Layer<Empty> = parallel(maps, channels)
  return skip(product)(sequential({ maps: read, conv: convBn({ out: 1, size }, makers), sigmoid }))
}

/**
 * The convolutional block attention module: channel attention, then spatial attention. The shape stays.
 *
 * @param options those of both; the perceptron has no biases by default, as in timm
 * @param makers others than the usual ones
 * @throws OptionsError if an option is unknown or not of its kind
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Woo et al., "CBAM: convolutional block attention module" (2018), equation 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cbam } from '@resfn/cbam'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cbam(), [56, 56, 256]).params, 2 * 256 * 16 + 100)
 * ```
 */
export const cbam = <N extends AnyLayer = BatchNorm>(
  options: CbamChannelOptions & CbamSpatialOptions = {},
  makers?: Makers<N>,
): Cbam<N> => {
  checkOptions('cbam', options, { ...channelRules, ...spatialRules })
  const { hidden, bias, size, maps } = options
  return sequential({
    channel: cbamChannel({ ...(hidden && { hidden }), ...(bias !== undefined && { bias }) }, makers),
    spatial: cbamSpatial({ ...(size !== undefined && { size }), ...(maps && { maps }) }, makers),
  })
}
