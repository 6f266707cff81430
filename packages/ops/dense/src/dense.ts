import { add, matMul, reshape, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core'
import {
  checkBatch,
  checkChannels,
  checkSample,
  checkTensor,
  checkVariables,
  type Empty,
  fanInUniform,
  type Initialiser,
  type Layer,
  lift,
  op,
  sizeOf,
  Spec,
  uniform,
} from '@resfn/layer'
import { checkOptions, flag, func, optional, recordOf, wholeNumberFrom } from '@resfn/options'

/** `weight` [in, out], `bias` [out] where the layer has one. */
export type DenseParams = { readonly weight: Tensor; readonly bias?: Tensor }

/** The options of a fully connected layer. */
export type DenseOptions = {
  /** output features */
  readonly out: number
  /** a learned constant for each output feature; there is one by default */
  readonly bias?: boolean
  /** first values; by default uniform with bound `1 / sqrt(in)` for both, as in PyTorch */
  readonly initial?: { readonly weight?: Initialiser; readonly bias?: Initialiser }
}

const rules = {
  out: wholeNumberFrom(1),
  bias: optional(flag),
  initial: optional(recordOf(func, 'weight', 'bias')),
}

const images = 'put flatten or globalAvgPool before it'

const multiply = ({ weight, bias }: DenseParams, x: Tensor): Tensor => {
  checkBatch('dense', x, ['features'], images)
  checkChannels('dense', x, weight)
  const y = matMul(x as Tensor2D, weight as Tensor2D)
  return bias === undefined ? y : add(y, bias)
}

// Parameters of any size, for the bare function.
const anyShapes = { weight: ['in', 'out'] }
const anyShapesWithBias = { ...anyShapes, bias: ['out'] }

/**
 * Fully connected layer as a bare function: `y = x weight + bias`.
 *
 * @param params weight [in, out], bias [out] or none
 * @param x [batch, in]
 * @returns [batch, out]
 * @throws ShapeError, InputError if x is not a float32 batch of `in` features
 * @throws VariablesError if a parameter is missing, disposed or of another shape
 * @see PyTorch's `torch.nn.functional.linear`, with the weight transposed
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyDense } from '@resfn/dense'
 *
 * const y = applyDense({ weight: tf.tensor2d([[1], [2]]), bias: tf.tensor1d([3]) }, tf.tensor2d([[10, 20]]))
 * assert.deepEqual([...y.dataSync()], [53])
 * ```
 */
export const applyDense = (params: DenseParams, x: Tensor): Tensor => {
  checkVariables('dense', params, params?.bias === undefined ? anyShapes : anyShapesWithBias)
  return multiply(params, x)
}

/**
 * Fully connected layer: `y = x weight + bias`.
 *
 * @param options output features; bias and first values where they are not the defaults
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, from `plan`, if the input is not [features]
 * @see PyTorch's `torch.nn.Linear`, with the weight transposed
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 *
 * assert.deepEqual(dense({ out: 10 }).plan([512]).output, [10])
 * ```
 */
export const dense = (options: DenseOptions): Layer<DenseParams> => {
  checkOptions('dense', options, rules)
  const { out, bias = true, initial = {} } = options
  const shapes = { weight: ['in', out], ...(bias && { bias: [out] }) }
  return op<DenseParams>(
    (input) => {
      checkSample('dense', input, ['features'], images)
      const features = input[0]!
      return {
        kind: 'dense',
        params: {
          weight: new Spec([features, out], initial.weight ?? fanInUniform),
          ...(bias && { bias: new Spec([out], initial.bias ?? uniform(1 / Math.sqrt(features))) }),
        },
        output: [out],
        macs: features * out,
      }
    },
    (params, x) => {
      checkVariables('dense', params, shapes)
      return multiply(params, x)
    },
  )
}

/**
 * Flattening as a bare function: [batch, height, width, channels] becomes [batch, height * width * channels].
 *
 * @param x [batch, ...]
 * @returns [batch, product of the others]
 * @throws InputError if x is not a live tensor
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyFlatten } from '@resfn/dense'
 *
 * assert.deepEqual(applyFlatten(tf.zeros([2, 4, 4, 16])).shape, [2, 256])
 * ```
 */
export const applyFlatten = (x: Tensor): Tensor => {
  checkTensor('flatten', x)
  return reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))])
}

/**
 * Flattening as a layer: every axis but the batch becomes one, channels running fastest. (PyTorch's NCHW images flatten
 * with the columns fastest, so weights from there need their rows reordered.)
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { flatten } from '@resfn/dense'
 *
 * assert.deepEqual(flatten.plan([4, 4, 16]).output, [256])
 * ```
 */
export const flatten: Layer<Empty> = lift(applyFlatten, {
  kind: 'flatten',
  output: (input) => [sizeOf(input)],
})
