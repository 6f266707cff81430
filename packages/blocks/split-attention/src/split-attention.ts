import { reshape, type Tensor } from '@tensorflow/tfjs-core'
import {
  type AnyLayer,
  type Empty,
  type Layer,
  lift,
  product,
  type Sequential,
  sequential,
  type Skip,
  skip,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { checkOptions, optional, wholeNumberFrom } from '@resfn/options'
import { globalAvgPool } from '@resfn/pool'
import { radixSoftmax, radixSum } from './radix.ts'

/** What weighs the splits: two 1x1 convolutions on the mean of the image. */
export type Attention<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly squeeze: Layer<Empty>
  readonly sum: Layer<Empty>
  readonly image: Layer<Empty>
  readonly fc1: Conv2d
  readonly bn1: N
  readonly act1: Layer<Empty>
  readonly fc2: Conv2d
  readonly features: Layer<Empty>
  readonly softmax: Layer<Empty>
}>

/** A 3x3 convolution to several splits, and the sum of the splits weighed by attention. */
export type SplitAttention<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly conv: Conv2d
  readonly bn0: N
  readonly act0: Layer<Empty>
  readonly attention: Skip<Attention<N>>
  readonly sum: Layer<Empty>
}>

/** The options of split attention. */
export type SplitAttentionOptions = {
  /** output channels of all groups together */
  readonly out: number
  /** splits of each group; 2 by default */
  readonly radix?: number
  /** groups; 1 by default */
  readonly cardinality?: number
  /** stride of the convolution; 1 by default */
  readonly stride?: number
  /** channels between the two layers of the attention; `max(32, out radix / 4)` by default */
  readonly inner?: number
}

const rules = {
  out: wholeNumberFrom(1),
  radix: optional(wholeNumberFrom(1)),
  cardinality: optional(wholeNumberFrom(1)),
  stride: optional(wholeNumberFrom(1)),
  inner: optional(wholeNumberFrom(1)),
}

const image = lift((x: Tensor) => reshape(x, [x.shape[0]!, 1, 1, x.shape[1]!]), {
  kind: 'image 1x1',
  output: ([channels]) => [1, 1, channels!],
})
const features = lift((x: Tensor) => reshape(x, [x.shape[0]!, x.shape[3]!]), {
  kind: 'features',
  output: (input) => [input[2]!],
})

/**
 * Split attention: `y = sum over r of a_r u_r`, where `[u_1, u_2, …] = act0(bn0(conv(x)))` are `radix` splits of `out`
 * channels and `a = softmax(fc2(act1(bn1(fc1(mean over the image of sum over r of u_r)))))` competes over r for each
 * channel. The 3x3 convolution has `radix cardinality` groups, fc1 and fc2 have `cardinality`.
 *
 * @param options output channels, radix, cardinality, stride, and the channels inside of the attention
 * @param makers others than the usual ones
 * @throws OptionsError if an option is unknown, missing or not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the groups do not divide the channels
 * @see Zhang et al., "ResNeSt: split-attention networks" (2020), section 3.1 and figure 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { splitAttention } from '@resfn/split-attention'
 *
 * const { output, params } = splitAttention({ out: 64, radix: 2 }).plan([56, 56, 64])
 * assert.deepEqual(output, [56, 56, 64])
 * assert.deepEqual(params.conv.weight.shape, [3, 3, 64 / 2, 2 * 64])
 * ```
 */
export const splitAttention = <N extends AnyLayer = BatchNorm>(
  options: SplitAttentionOptions,
  makers?: Makers<N>,
): SplitAttention<N> => {
  checkOptions('splitAttention', options, rules)
  const { out, radix = 2, cardinality = 1, stride = 1, inner = Math.max(32, (out * radix) / 4) } = options
  const { conv, norm, act } = makersOr(makers)
  const attention: Attention<N> = sequential({
    squeeze: globalAvgPool,
    // The mean of a sum is the sum of the means, and of these there are fewer.
    sum: radixSum({ radix }),
    image,
    fc1: conv({ out: inner, size: 1, groups: cardinality, bias: true }),
    bn1: norm(),
    act1: act,
    fc2: conv({ out: radix * out, size: 1, groups: cardinality, bias: true }),
    features,
    softmax: radixSoftmax({ radix, cardinality }),
  })
  return sequential({
    conv: conv({ out: radix * out, size: 3, stride, groups: radix * cardinality }),
    bn0: norm(),
    act0: act,
    attention: skip(product)(attention),
    sum: radixSum({ radix }),
  })
}
