import { mul, reshape } from '@tensorflow/tfjs-core'
import { sigmoid } from '@resfn/activation'
import { dense, type DenseParams } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import {
  type AnyLayer,
  type Empty,
  type FollowedBy,
  followedBy,
  type Join,
  type Layer,
  type Parallel,
  parallel,
  type ParamsOf,
  product,
  type Sequential,
  sequential,
  shaped,
  type Skip,
  skip,
  type StateOf,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { checkOptions, func, optional, wholeNumberFrom } from '@resfn/options'
import { globalAvgPool } from '@resfn/pool'
import { type Reduction, reduceBy } from '@resfn/squeeze-and-excitation'

/** One number for each channel, from the means of all. */
export type ChannelGate<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly squeeze: Layer<Empty>
  readonly fc1: Layer<DenseParams>
  readonly bn1: N
  readonly act1: Layer<Empty>
  readonly fc2: Layer<DenseParams>
}>

/** One number for each pixel, from those around it. */
export type SpatialGate<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly conv1: Conv2d
  readonly bn1: N
  readonly act1: Layer<Empty>
  readonly conv2: Conv2d
  readonly bn2: N
  readonly act2: Layer<Empty>
  readonly conv3: Conv2d
  readonly bn3: N
  readonly act3: Layer<Empty>
  readonly conv4: Conv2d
}>

/** One number from 0 to 1 for each value. */
export type BamGate<N extends AnyLayer = BatchNorm> = FollowedBy<
  Parallel<{ readonly spatial: SpatialGate<N>; readonly channel: ChannelGate<N> }>
>

/** The input, and once more weighted by the gate. */
export type Bam<N extends AnyLayer = BatchNorm> = Skip<Skip<Layer<ParamsOf<BamGate<N>>, StateOf<BamGate<N>>>>>

/** The options of bottleneck attention. */
export type BamOptions = {
  /** hidden features and channels of both gates; `reduceBy(16)` by default */
  readonly hidden?: Reduction
  /** dilation of the two 3x3 convolutions; 4 by default */
  readonly dilation?: number
}

const rules = { hidden: optional(func), dilation: optional(wholeNumberFrom(1)) }

/** Every pixel's number times every channel's: `y[i,j,c] = spatial[i,j] channel[c]`. */
const outer: Join = {
  kind: 'outer product',
  output: ({ spatial, channel }) => [spatial![0]!, spatial![1]!, channel![0]!],
  apply: ([spatial, channel]) => mul(spatial!, reshape(channel!, [channel!.shape[0]!, 1, 1, channel!.shape[1]!])),
}

/**
 * Bottleneck attention: `y = x + x sigmoid(c s)`, with `c` one number a channel (a perceptron on the means) and `s` one
 * a pixel (dilated convolutions). The shape stays.
 *
 * @param options hidden features, and the dilation
 * @param makers others than the usual ones
 * @throws OptionsError if an option is unknown or outside its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Park et al., "BAM: bottleneck attention module" (2018), section 3. The paper's equation 2 adds `c` and `s`; the
 * released nets multiply them, as here.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bam } from '@resfn/bam'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(bam(), [56, 56, 256]).params, 17361)
 * ```
 */
export const bam = <N extends AnyLayer = BatchNorm>(options: BamOptions = {}, makers?: Makers<N>): Bam<N> => {
  checkOptions('bam', options, rules)
  const { hidden = reduceBy(16), dilation = 4 } = options
  const { conv, norm, act } = makersOr(makers)
  const channel = (all: number): ChannelGate<N> =>
    sequential({
      squeeze: globalAvgPool,
      fc1: dense({ out: hidden(all) }),
      bn1: norm(),
      act1: act,
      fc2: dense({ out: all }),
    })
  const spatial = (all: number): SpatialGate<N> => {
    const [out, bias] = [hidden(all), true]
    return sequential({
      conv1: conv({ out, size: 1, bias }),
      bn1: norm(),
      act1: act,
      conv2: conv({ out, size: 3, dilation, bias }),
      bn2: norm(),
      act2: act,
      conv3: conv({ out, size: 3, dilation, bias }),
      bn3: norm(),
      act3: act,
      conv4: conv({ out: 1, size: 1, bias }),
    })
  }
  const gate = shaped((input): BamGate<N> => {
    const all = input.at(-1)!
    return followedBy(parallel({ spatial: spatial(all), channel: channel(all) }, outer), sigmoid)
  })
  return identityAdd(skip(product)(gate))
}
