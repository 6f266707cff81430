import { sigmoid } from '@resfn/activation'
import { batchNorm, type BatchNormOptions, type BatchNormParams, type BatchNormState } from '@resfn/batch-norm'
import { conv2d, type Conv2dOptions } from '@resfn/conv2d'
import { type ConvBnParams, type ConvBnState } from '@resfn/conv-bn'
import { dense, type DenseOptions, type DenseParams, flatten } from '@resfn/dense'
import { type Layer, sequential, xavierUniform } from '@resfn/layer'
import { maxPool } from '@resfn/pool'

type DenseBnParams = { readonly fc: DenseParams; readonly bn: BatchNormParams }
type DenseBnState = { readonly bn: BatchNormState }

/** The parameters of LeNet with batch normalisation. */
export type LenetParams = {
  readonly conv1: ConvBnParams
  readonly conv2: ConvBnParams
  readonly fc1: DenseBnParams
  readonly fc2: DenseBnParams
  readonly fc3: DenseParams
}

/** The running statistics of LeNet with batch normalisation. */
export type LenetState = {
  readonly conv1: ConvBnState
  readonly conv2: ConvBnState
  readonly fc1: DenseBnState
  readonly fc2: DenseBnState
}

/** The options of LeNet. */
export type LenetOptions = {
  readonly classes: number
  /** the conventions of batch normalisation; PyTorch's if not given */
  readonly norm?: BatchNormOptions
}

/**
 * LeNet-5 with batch normalisation after every layer but the last: 5x5 convolutions of 6 and 16 channels, sigmoid, max pooling, and fully
 * connected layers of 120 and 84. 44,878 parameters for 28x28x1 and 10 classes.
 *
 * @param options classes, and the conventions of batch normalisation
 * @throws RangeError if classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, for inputs that are too small
 * Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.B; batch normalisation as in
 * Zhang et al., "Dive into deep learning", section 8.5.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lenet } from '@resfn/archs/lenet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(lenet({ classes: 10 }), [28, 28, 1]).params, 44878)
 * ```
 */
export const lenet = ({ classes, norm = {} }: LenetOptions): Layer<LenetParams, LenetState> => {
  const conv = (options: Pick<Conv2dOptions, 'out'>): Layer<ConvBnParams, ConvBnState> =>
    sequential({
      conv: conv2d({ ...options, size: 5, padding: 0, bias: true, initial: { weight: xavierUniform } }),
      bn: batchNorm(norm),
      sigmoid,
    })
  const linear = (options: Pick<DenseOptions, 'out'>): Layer<DenseParams> =>
    dense({ ...options, initial: { weight: xavierUniform } })
  const fc = (options: Pick<DenseOptions, 'out'>): Layer<DenseBnParams, DenseBnState> =>
    sequential({ fc: linear(options), bn: batchNorm(norm), sigmoid })
  return sequential({
    conv1: conv({ out: 6 }),
    pool1: maxPool({ size: 2 }),
    conv2: conv({ out: 16 }),
    pool2: maxPool({ size: 2 }),
    flatten,
    fc1: fc({ out: 120 }),
    fc2: fc({ out: 84 }),
    fc3: linear({ out: classes }),
  })
}
