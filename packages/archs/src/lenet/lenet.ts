import { sigmoid } from '@resfn/activation'
import { batchNorm, type BatchNormOptions } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { dense, type DenseParams, flatten } from '@resfn/dense'
import { type Empty, type Layer, type Sequential, sequential, xavierUniform } from '@resfn/layer'
import type { BatchNorm, Conv2d } from '@resfn/makers'
import { maxPool } from '@resfn/pool'

type Convolution = Sequential<{ readonly conv: Conv2d; readonly bn: BatchNorm; readonly sigmoid: Layer<Empty> }>
type Connected = Sequential<{
  readonly fc: Layer<DenseParams>
  readonly bn: BatchNorm
  readonly sigmoid: Layer<Empty>
}>

/** LeNet with batch normalisation. */
export type Lenet = Sequential<{
  readonly conv1: Convolution
  readonly pool1: Layer<Empty>
  readonly conv2: Convolution
  readonly pool2: Layer<Empty>
  readonly flatten: Layer<Empty>
  readonly fc1: Connected
  readonly fc2: Connected
  readonly fc3: Layer<DenseParams>
}>

/** The options of LeNet. */
export type LenetOptions = {
  readonly classes: number
  /** the conventions of batch normalisation; PyTorch's by default */
  readonly norm?: BatchNormOptions
}

/**
 * LeNet-5 with batch normalisation after every layer but the last: 5x5 convolutions of 6 and 16 channels, sigmoid, max pooling, and fully
 * connected layers of 120 and 84. 44,878 parameters for 28x28x1 and 10 classes.
 *
 * @param options classes, and the conventions of batch normalisation
 * @throws RangeError if classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, for inputs that are too small
 * @see LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.B; batch normalisation as in
 * Zhang et al., "Dive into deep learning", section 8.5
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lenet } from '@resfn/archs/lenet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(lenet({ classes: 10 }), [28, 28, 1]).params, 44878)
 * ```
 */
export const lenet = ({ classes, norm = {} }: LenetOptions): Lenet => {
  const initial = { weight: xavierUniform }
  const convolution = (out: number): Convolution =>
    sequential({ conv: conv2d({ out, size: 5, padding: 0, bias: true, initial }), bn: batchNorm(norm), sigmoid })
  const connected = (out: number): Connected =>
    sequential({ fc: dense({ out, initial }), bn: batchNorm(norm), sigmoid })
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
