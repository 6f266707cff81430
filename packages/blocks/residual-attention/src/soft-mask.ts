import { add, mean, mul, rsqrt, sigmoid as tfSigmoid, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core'
import { sigmoid } from '@resfn/activation'
import { type AnyLayer, checkSample, type Empty, type Layer, lift, type Sequential, sequential } from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'

const onImages = (kind: string, f: (x: Tensor) => Tensor): Layer<Empty> =>
  lift(f, {
    kind,
    output: (input) => {
      checkSample(kind, input, ['image'])
      return input
    },
  })

/**
 * Mixed attention: `m[i,c] = 1 / (1 + exp(-x[i,c]))` of each value for itself. The best of the three in the paper.
 *
 * @see Wang et al., "Residual attention network for image classification" (2017), equation 4
 */
export const mixedAttention: Layer<Empty> = sigmoid

/**
 * Channel attention: `m[i,c] = x[i,c] / ||x[i,:]||`, the values at each position brought to length 1 over the channels.
 *
 * @see Wang et al., "Residual attention network for image classification" (2017), equation 5
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { channelAttention } from '@resfn/residual-attention'
 *
 * const [a, b] = channelAttention.apply({}, tf.tensor4d([3, 4], [1, 1, 1, 2]), {}).dataSync()
 * assert.deepEqual([a?.toFixed(3), b?.toFixed(3)], ['0.600', '0.800'])
 * ```
 */
export const channelAttention: Layer<Empty> = onImages('channelAttention', (x) =>
  // Where all channels are zero, their gradient is finite.
  mul(x, rsqrt(add(sum(square(x), -1, true), 1e-12))),
)

/**
 * Spatial attention: `m[i,c] = 1 / (1 + exp(-(x[i,c] - mean_c) / std_c))`, mean and deviation of each channel over the
 * positions of its image.
 *
 * @see Wang et al., "Residual attention network for image classification" (2017), equation 6
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { spatialAttention } from '@resfn/residual-attention'
 *
 * const [a, b] = spatialAttention.apply({}, tf.tensor4d([10, 30], [1, 1, 2, 1]), {}).dataSync()
 * assert.deepEqual([a?.toFixed(3), b?.toFixed(3)], ['0.269', '0.731'])
 * ```
 */
export const spatialAttention: Layer<Empty> = onImages('spatialAttention', (x) => {
  const centred = sub(x, mean(x, [1, 2], true))
  return tfSigmoid(mul(centred, rsqrt(add(mean(square(centred), [1, 2], true), 1e-5))))
})

/** The end of the mask branch: two 1x1 convolutions, each after a normalisation and an activation. */
export type SoftMask<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly norm1: N
  readonly act1: Layer<Empty>
  readonly conv1: Conv2d
  readonly norm2: N
  readonly act2: Layer<Empty>
  readonly conv2: Conv2d
  readonly attention: Layer<Empty>
}>

/** The options of the end of the mask branch. */
export type SoftMaskOptions = {
  /** channels of the mask, which are the trunk's */
  readonly out: number
  /** `mixedAttention` (the default), `channelAttention`, `spatialAttention`, or your own */
  readonly attention?: Layer<Empty>
}

/**
 * The end of the mask branch: `M = attention(conv2(act(norm2(conv1(act(norm1(u)))))))`, both convolutions 1x1.
 *
 * @param options channels, and how the mask is brought into range
 * @param makers others than the usual ones
 * @see Wang et al., "Residual attention network for image classification" (2017), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { spatialAttention, softMask } from '@resfn/residual-attention'
 *
 * const mask = softMask({ out: 64, attention: spatialAttention })
 * assert.deepEqual(mask.plan([14, 14, 64]).params.conv2.weight.shape, [1, 1, 64, 64])
 * ```
 */
export const softMask = <N extends AnyLayer = BatchNorm>(
  { out, attention = mixedAttention }: SoftMaskOptions,
  makers?: Makers<N>,
): SoftMask<N> => {
  const { conv, norm, act } = makersOr(makers)
  return sequential({
    norm1: norm(),
    act1: act,
    conv1: conv({ out, size: 1 }),
    norm2: norm(),
    act2: act,
    conv2: conv({ out, size: 1 }),
    attention,
  })
}
