import { batchNorm as tfBatchNorm, mul, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import {
  type AnyLayer,
  checkBatch,
  checkChannels,
  checkSample,
  checkVariables,
  formatShape,
  type Initialiser,
  InputError,
  type Layer,
  ones,
  Spec,
  type Trained,
  zeros,
} from '@resfn/layer'
import { checkOptions, func, numberFrom, oneOf, optional, recordOf } from '@resfn/options'
import { batchNormTrain } from './primitives.ts'

/** `weight` (gamma) and `bias` (beta), both [channels]. */
export type BatchNormParams = { readonly weight: Tensor; readonly bias: Tensor }

/** The running `mean` and `variance`, both [channels]. */
export type BatchNormState = { readonly mean: Tensor; readonly variance: Tensor }

/** The conventions of batch normalisation that libraries differ in. */
export type BatchNormOptions = {
  /** added to the variance before the root; 1e-5 by default, as in PyTorch (Keras: 1e-3) */
  readonly epsilon?: number
  /**
   * which variance goes into the state: divided by n - 1 (`unbiased`, the default, as in PyTorch) or by n (`biased`).
   * Normalising always uses n.
   */
  readonly runningVariance?: 'unbiased' | 'biased'
  /** first values; by default weight 1, bias 0, mean 0 and variance 1 */
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

const epsilonRule = { epsilon: optional(numberFrom(0)) }
const trainRules = { ...epsilonRule, runningVariance: optional(oneOf('unbiased', 'biased')) }
const rules = { ...trainRules, initial: optional(recordOf(func, 'weight', 'bias', 'mean', 'variance')) }

/** Checks that x and the parameters belong together, and gives the number of channels. */
const channelsOf = (params: BatchNormParams, x: Tensor): number => {
  checkBatch('batchNorm', x, ['features', 'image'])
  if (params?.weight !== undefined) checkChannels('batchNorm', x, params.weight)
  const channels = x.shape.at(-1)!
  checkVariables('batchNorm', params, { weight: [channels], bias: [channels] })
  return channels
}

const evaluate = (params: BatchNormParams, x: Tensor, state: BatchNormState, epsilon: number): Tensor => {
  const channels = channelsOf(params, x)
  checkVariables('batchNorm', state, { mean: [channels], variance: [channels] }, 'state')
  const { mean, variance } = state as { readonly [name in keyof BatchNormState]: Tensor1D }
  const { weight, bias } = params as { readonly [name in keyof BatchNormParams]: Tensor1D }
  return tfBatchNorm(x as Tensor4D, mean, variance, bias, weight, epsilon)
}

type TrainOptions = Pick<BatchNormOptions, 'epsilon' | 'runningVariance'>

const train = (
  params: BatchNormParams,
  x: Tensor,
  { epsilon, runningVariance }: Required<TrainOptions>,
): Trained<BatchNormState> => {
  const count = x.size / channelsOf(params, x)
  if (runningVariance === 'unbiased' && count < 2)
    throw new InputError(
      '',
      `batchNorm: training needs more than one value a channel, but the batch is ${formatShape(x.shape)}; use a larger batch`,
    )
  const { weight, bias } = params
  const [y, mean, variance] = batchNormTrain({ x, weight, bias }, { epsilon })
  return {
    y,
    seen: { mean, variance: runningVariance === 'biased' ? variance : mul(variance, count / (count - 1)) },
  }
}

/**
 * Batch normalisation in evaluation as a bare function: `y = weight (x - mean) / sqrt(variance + epsilon) + bias`, with
 * running statistics.
 *
 * @param params weight and bias, [channels]
 * @param x [batch, channels] or [batch, height, width, channels]
 * @param state the running mean and variance, [channels]
 * @param options epsilon
 * @returns the shape of x
 * @throws OptionsError if an option is unknown, or epsilon is not a finite number of at least 0
 * @throws ShapeError, InputError if x is not such a float32 batch
 * @throws VariablesError if a leaf of the parameters or the state is missing, disposed or of another shape
 * @see Ioffe and Szegedy, "Batch normalization" (2015), algorithm 2, step 11
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyBatchNorm } from '@resfn/batch-norm'
 *
 * const [one, zero] = [tf.ones([2]), tf.zeros([2])]
 * const y = applyBatchNorm({ weight: one, bias: zero }, tf.tensor2d([[1, 2]]), { mean: zero, variance: zero })
 * assert.ok(Math.abs(y.dataSync()[0]! - 316.2278) < 1e-3)
 * ```
 */
export const applyBatchNorm = (
  params: BatchNormParams,
  x: Tensor,
  state: BatchNormState,
  options: Pick<BatchNormOptions, 'epsilon'> = {},
): Tensor => {
  checkOptions('applyBatchNorm', options, epsilonRule)
  return evaluate(params, x, state, options.epsilon ?? 1e-5)
}

/**
 * Batch normalisation in training as a bare function: `y = weight (x - m) / sqrt(v + epsilon) + bias` with the batch's
 * own mean m and biased variance v over all axes but the last. The gradient is the closed form; none flows through
 * `seen`.
 *
 * @param params weight and bias, [channels]
 * @param x [batch, channels] or [batch, height, width, channels]
 * @param options epsilon, and which variance is seen
 * @returns y of the shape of x, and `seen`, the moments to absorb, [channels]
 * @throws OptionsError if an option is unknown or outside its range
 * @throws ShapeError, InputError if x is not such a float32 batch, or has a single value a channel while the unbiased
 * variance is asked for
 * @throws VariablesError if a parameter is missing, disposed or of another shape
 * @see Ioffe and Szegedy, "Batch normalization" (2015), algorithm 1 and section 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { trainBatchNorm } from '@resfn/batch-norm'
 *
 * const { y, seen } = trainBatchNorm({ weight: tf.ones([2]), bias: tf.zeros([2]) }, tf.tensor2d([[1, 2], [3, 4]]))
 * assert.ok(Math.abs(y.dataSync()[0]! + 0.999995) < 1e-6)
 * assert.deepEqual([...seen.variance.dataSync()], [2, 2])
 * ```
 */
export const trainBatchNorm = (
  params: BatchNormParams,
  x: Tensor,
  options: TrainOptions = {},
): Trained<BatchNormState> => {
  checkOptions('trainBatchNorm', options, trainRules)
  const { epsilon = 1e-5, runningVariance = 'unbiased' } = options
  return train(params, x, { epsilon, runningVariance })
}

/**
 * Batch normalisation as a layer: the batch's statistics in training, the running ones in evaluation.
 *
 * @param options the conventions, PyTorch's by default; the decay of the running statistics belongs to `absorb`
 * @throws OptionsError if an option is unknown or outside its range
 * @throws ShapeError, from `plan`, if the input has neither one nor three axes
 * @see Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
 * shift" (2015)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { batchNorm } from '@resfn/batch-norm'
 *
 * assert.deepEqual(batchNorm().plan([28, 28, 16]).state.mean.shape, [16])
 * ```
 */
export const batchNorm = (options: BatchNormOptions = {}): Layer<BatchNormParams, BatchNormState> => {
  checkOptions('batchNorm', options, rules)
  const { epsilon = 1e-5, runningVariance = 'unbiased', initial = {} } = options
  const { weight = ones, bias = zeros, mean = zeros, variance = ones } = initial
  const layer: Layer<BatchNormParams, BatchNormState> = {
    plan: (input) => {
      checkSample('batchNorm', input, ['features', 'image'])
      const spec = (initialiser: Initialiser): Spec => new Spec([input.at(-1)!], initialiser)
      return {
        kind: 'batchNorm',
        params: { weight: spec(weight), bias: spec(bias) },
        state: { mean: spec(mean), variance: spec(variance) },
        output: input,
        macs: 0,
        parts: [],
      }
    },
    apply: (params, x, state) => evaluate(params, x, state, epsilon),
    train: (params, x) => train(params, x, { epsilon, runningVariance }),
  }
  made.set(layer, options)
  return layer
}

const made = new WeakMap<AnyLayer, BatchNormOptions>()

/**
 * The options of a layer, where `batchNorm` made it: for what puts another normalisation in its place.
 *
 * @param layer any layer
 * @returns nothing for another layer
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { relu } from '@resfn/activation'
 * import { batchNorm, batchNormOptionsOf } from '@resfn/batch-norm'
 *
 * assert.deepEqual(batchNormOptionsOf(batchNorm({ epsilon: 1e-3 })), { epsilon: 1e-3 })
 * assert.equal(batchNormOptionsOf(relu), undefined)
 * ```
 */
export const batchNormOptionsOf = (layer: AnyLayer): BatchNormOptions | undefined => made.get(layer)
