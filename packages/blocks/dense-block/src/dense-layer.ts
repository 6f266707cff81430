import {
  type AnyLayer,
  channels,
  type Empty,
  type Layer,
  type Sequential,
  sequential,
  skip,
  type Skip,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'

/** What a dense layer adds to its input: a normalisation, an activation and a 3x3 convolution. */
export type DenseBranch<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly norm1: N
  readonly act1: Layer<Empty>
  readonly conv1: Conv2d
}>

/** What a dense layer with a bottleneck adds to its input: a 1x1 convolution comes before the 3x3. */
export type DenseBottleneckBranch<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly norm1: N
  readonly act1: Layer<Empty>
  readonly conv1: Conv2d
  readonly norm2: N
  readonly act2: Layer<Empty>
  readonly conv2: Conv2d
}>

/** The dense layer. */
export type DenseLayer<N extends AnyLayer = BatchNorm> = Skip<DenseBranch<N>>

/** The dense layer with a bottleneck. */
export type DenseBottleneck<N extends AnyLayer = BatchNorm> = Skip<DenseBottleneckBranch<N>>

/** The options of a dense layer. */
export type DenseLayerOptions = {
  /** the growth rate k: channels that the layer adds */
  readonly growth: number
}

/** The options of a dense layer with a bottleneck. */
export type DenseBottleneckOptions = DenseLayerOptions & {
  /** channels of the 1x1 convolution; 4 times the growth rate by default */
  readonly width?: number
}

/**
 * The dense layer: `y = [x, conv(act(norm(x)))]`, the input and k new channels after it.
 *
 * @param options the growth rate k
 * @param makers others than the usual ones
 * @throws OptionsError if the growth rate is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Huang et al., "Densely connected convolutional networks" (2017), equation 2 and "Composite function"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { denseLayer } from '@resfn/dense-block'
 *
 * assert.deepEqual(denseLayer({ growth: 12 }).plan([32, 32, 16]).output, [32, 32, 16 + 12])
 * ```
 */
export const denseLayer = <N extends AnyLayer = BatchNorm>(
  { growth }: DenseLayerOptions,
  makers?: Makers<N>,
): DenseLayer<N> => {
  const { conv, norm, act } = makersOr(makers)
  return skip(channels)(sequential({ norm1: norm(), act1: act, conv1: conv({ out: growth, size: 3 }) }))
}

/**
 * The dense layer with a bottleneck: `y = [x, conv2(act(norm2(conv1(act(norm1(x))))))]`, where the 1x1 `conv1` takes
 * the channels of all layers before it down to 4k.
 *
 * @param options the growth rate k, and the channels between the convolutions
 * @param makers others than the usual ones
 * @throws OptionsError if an option is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Huang et al., "Densely connected convolutional networks" (2017), "Bottleneck layers": the B of DenseNet-B
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { denseBottleneck } from '@resfn/dense-block'
 *
 * const { output, params } = denseBottleneck({ growth: 32 }).plan([56, 56, 64])
 * assert.deepEqual([output, params.conv1.weight.shape], [[56, 56, 96], [1, 1, 64, 128]])
 * ```
 */
export const denseBottleneck = <N extends AnyLayer = BatchNorm>(
  { growth, width = 4 * growth }: DenseBottleneckOptions,
  makers?: Makers<N>,
): DenseBottleneck<N> => {
  const { conv, norm, act } = makersOr(makers)
  return skip(channels)(
    sequential({
      norm1: norm(),
      act1: act,
      conv1: conv({ out: width, size: 1 }),
      norm2: norm(),
      act2: act,
      conv2: conv({ out: growth, size: 3 }),
    }),
  )
}
