import { sigmoid } from '@resfn/activation'
import { conv2d } from '@resfn/conv2d'
import { dense, type DenseParams, flatten } from '@resfn/dense'
import { type AnyLayer, type Empty, type Layer, type Sequential, sequential, xavierUniform } from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makers as usual } from '@resfn/makers'
import { maxPool } from '@resfn/pool'

type Convolution<N extends AnyLayer> = Sequential<{
  readonly conv: Conv2d
  readonly bn: N
  readonly act: Layer<Empty>
}>
type Connected<N extends AnyLayer> = Sequential<{
  readonly fc: Layer<DenseParams>
  readonly bn: N
  readonly act: Layer<Empty>
}>

/** LeNet with batch normalisation. */
export type Lenet<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly conv1: Convolution<N>
  readonly pool1: Layer<Empty>
  readonly conv2: Convolution<N>
  readonly pool2: Layer<Empty>
  readonly flatten: Layer<Empty>
  readonly fc1: Connected<N>
  readonly fc2: Connected<N>
  readonly fc3: Layer<DenseParams>
}>

/** The options of LeNet. */
export type LenetOptions = { readonly classes: number }

/** The usual makers with the sigmoid, and with biases and Xavier's first values for the convolutions. */
export const lenetMakers: Makers = {
  ...usual,
  conv: (options) => conv2d({ ...options, bias: true, initial: { weight: xavierUniform } }),
  act: sigmoid,
}

/**
 * LeNet-5 with batch normalisation after every layer but the last: 5x5 convolutions of 6 and 16 channels, sigmoid, max
 * pooling, and fully connected layers of 120 and 84. 44,878 parameters for 28x28x1 and 10 classes.
 *
 * @param options classes
 * @param makers others than `lenetMakers`; batch normalisation of another convention is a maker too
 * @throws RangeError if classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, for inputs that are too small
 * @see LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.B; batch
 * normalisation as in Zhang et al., "Dive into deep learning", section 8.5
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lenet } from '@resfn/archs/lenet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(lenet({ classes: 10 }), [28, 28, 1]).params, 44878)
 * ```
 */
export const lenet = <N extends AnyLayer = BatchNorm>({ classes }: LenetOptions, makers?: Makers<N>): Lenet<N> => {
  // N is batch normalisation exactly where no makers are given.
  const { conv, norm, act } = (makers ?? lenetMakers) as Makers<N>
  const initial = { weight: xavierUniform }
  const convolution = (out: number): Convolution<N> =>
    sequential({ conv: conv({ out, size: 5, padding: 0 }), bn: norm(), act })
  const connected = (out: number): Connected<N> => sequential({ fc: dense({ out, initial }), bn: norm(), act })
  return sequential({
    conv1: convolution(6),
    pool1: maxPool({ size: 2 }),
    conv2: convolution(16),
    pool2: maxPool({ size: 2 }),
    flatten,
    fc1: connected(120),
    fc2: connected(84),
    fc3: dense({ out: classes, initial }),
  })
}
