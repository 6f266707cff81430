import { batchNorm as tfBatchNorm, mul, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import { type Initialiser, type Layer, ones, ShapeError, Spec, type Trained, zeros } from '@resfn/layer'
import { batchNormTrain } from './primitives.ts'

/** `weight` (gamma) and `bias` (beta), both [channels]. */
export type BatchNormParams = { readonly weight: Tensor; readonly bias: Tensor }

/** The running `mean` and `variance`, both [channels]. */
export type BatchNormState = { readonly mean: Tensor; readonly variance: Tensor }

/** The conventions of batch normalisation that libraries differ in. */
export type BatchNormOptions = {
  /** added to the variance before the root; 1e-5 if not given, as in PyTorch (Keras: 1e-3) */
  readonly epsilon?: number
  /** which variance goes into the state: divided by n - 1 (`unbiased`, PyTorch; if not given) or by n (`biased`). Normalising always uses n. */
  readonly runningVariance?: 'unbiased' | 'biased'
  /** first values; weight 1, bias 0, mean 0 and variance 1 if not given */
  readonly initial?: {
    readonly weight?: Initialiser
    readonly bias?: Initialiser
    readonly mean?: Initialiser
    readonly variance?: Initialiser
  }
}

/**
 * The convention of textbook implementations from scratch: biased running variance that starts at 0.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { batchNorm, textbookConvention } from '@resfn/batch-norm'
 * import { key } from '@resfn/random'
 *
 * const { variance } = batchNorm(textbookConvention).plan([2]).state
 * assert.deepEqual([...variance.initialiser(key(0), variance.shape)], [0, 0])
 * ```
 */
export const textbookConvention: BatchNormOptions = { runningVariance: 'biased', initial: { variance: zeros } }

const checkEpsilon = (epsilon: number): void => {
  if (!Number.isFinite(epsilon) || epsilon < 0)
    throw new RangeError(`batchNorm: epsilon must be a finite number of at least 0, not ${epsilon}`)
}

/**
 * Batch normalisation in evaluation as a bare function: `y = weight (x - mean) / sqrt(variance + epsilon) + bias`, with running statistics.
 *
 * @param options epsilon
 * @returns `(params, x, state) => y`, x [batch, channels] or [batch, height, width, channels]
 * @throws RangeError if epsilon is not a finite number of at least 0
 * @see Ioffe and Szegedy, "Batch normalization" (2015), algorithm 2, step 11.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyBatchNorm } from '@resfn/batch-norm'
 *
 * const [one, zero] = [tf.ones([2]), tf.zeros([2])]
 * const y = applyBatchNorm()({ weight: one, bias: zero }, tf.tensor2d([[1, 2]]), { mean: zero, variance: zero })
 * assert.ok(Math.abs(y.dataSync()[0]! - 316.2278) < 1e-3)
 * ```
 */
export const applyBatchNorm = ({ epsilon = 1e-5 }: Pick<BatchNormOptions, 'epsilon'> = {}): ((
  params: BatchNormParams,
  x: Tensor,
  state: BatchNormState,
) => Tensor) => {
  checkEpsilon(epsilon)
  return ({ weight, bias }, x, { mean, variance }) =>
    tfBatchNorm(x as Tensor4D, mean as Tensor1D, variance as Tensor1D, bias as Tensor1D, weight as Tensor1D, epsilon)
}

/**
 * Batch normalisation in training as a bare function: `y = weight (x - m) / sqrt(v + epsilon) + bias` with the batch's own mean m and biased
 * variance v over all axes but the last. The gradient is the closed form; none flows through `seen`.
 *
 * @param options epsilon, and which variance is seen
 * @returns `(params, x) => { y, seen }`, x [batch, channels] or [batch, height, width, channels]; `seen` are the moments to absorb
 * @throws RangeError if epsilon is not a finite number of at least 0, or if a channel has a single value and the unbiased variance is asked for
 * @see Ioffe and Szegedy, "Batch normalization" (2015), algorithm 1 and section 3.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { trainBatchNorm } from '@resfn/batch-norm'
 *
 * const { y, seen } = trainBatchNorm()({ weight: tf.ones([2]), bias: tf.zeros([2]) }, tf.tensor2d([[1, 2], [3, 4]]))
 * assert.ok(Math.abs(y.dataSync()[0]! + 0.999995) < 1e-6)
 * assert.deepEqual([...seen.variance.dataSync()], [2, 2])
 * ```
 */
export const trainBatchNorm = ({ epsilon = 1e-5, runningVariance = 'unbiased' }: BatchNormOptions = {}): ((
  params: BatchNormParams,
  x: Tensor,
) => Trained<BatchNormState>) => {
  checkEpsilon(epsilon)
  return ({ weight, bias }, x) => {
    const count = x.size / x.shape.at(-1)!
    if (runningVariance === 'unbiased' && count < 2)
      throw new RangeError(
        `batchNorm: training needs more than one value a channel, but the batch is [${x.shape.join(',')}]; use a larger batch`,
      )
    const [y, mean, variance] = batchNormTrain({ x, weight, bias }, { epsilon })
    return {
      y: y!,
      seen: { mean: mean!, variance: runningVariance === 'biased' ? variance! : mul(variance!, count / (count - 1)) },
    }
  }
}

/**
 * Batch normalisation as a layer: the batch's statistics in training, the running ones in evaluation.
 *
 * @param options the conventions, PyTorch's if not given; the decay of the running statistics belongs to `absorb`
 * @throws RangeError if epsilon is not a finite number of at least 0
 * @throws ShapeError, from `plan`, if the input has neither one nor three axes
 * @see Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift" (2015).
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { batchNorm } from '@resfn/batch-norm'
 *
 * assert.deepEqual(batchNorm().plan([28, 28, 16]).state.mean.shape, [16])
 * ```
 */
export const batchNorm = (options: BatchNormOptions = {}): Layer<BatchNormParams, BatchNormState> => {
  const train = trainBatchNorm(options)
  const { weight = ones, bias = zeros, mean = zeros, variance = ones } = options.initial ?? {}
  return {
    plan: (input) => {
      const channels = input.at(-1)
      if (channels === undefined || (input.length !== 1 && input.length !== 3))
        throw new ShapeError(
          '',
          `batchNorm takes [features] or [height,width,channels], but the input is [${input.join(',')}]`,
        )
      const spec = (initialiser: Initialiser): Spec => new Spec([channels], initialiser)
      return {
        kind: 'batchNorm',
        params: { weight: spec(weight), bias: spec(bias) },
        state: { mean: spec(mean), variance: spec(variance) },
        output: input,
        macs: 0,
        parts: [],
      }
    },
    apply: applyBatchNorm(options),
    train: (params, x) => train(params, x),
  }
}
