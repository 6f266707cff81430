import { add, matMul, reshape, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core'
import {
  type Empty,
  fanInUniform,
  formatShape,
  type Initialiser,
  type Layer,
  lift,
  ShapeError,
  Spec,
  uniform,
} from '@resfn/layer'

/** `weight` [in, out], `bias` [out] where the layer has one. */
export type DenseParams = { readonly weight: Tensor; readonly bias?: Tensor }

/** The options of a fully connected layer. */
export type DenseOptions = {
  /** output features */
  readonly out: number
  /** a learned constant for each output feature; there is one if not given */
  readonly bias?: boolean
  /** first values; if not given, uniform with bound `1 / sqrt(in)` for both, PyTorch's default */
  readonly initial?: { readonly weight?: Initialiser; readonly bias?: Initialiser }
}

/**
 * Fully connected layer as a bare function: `y = x weight + bias`.
 *
 * @param params weight [in, out], bias [out] or none
 * @param x [batch, in]
 * @returns [batch, out]
 * @see PyTorch's `torch.nn.functional.linear`, with the weight transposed.
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
export const applyDense = ({ weight, bias }: DenseParams, x: Tensor): Tensor => {
  const y = matMul(x as Tensor2D, weight as Tensor2D)
  return bias === undefined ? y : add(y, bias)
}

/**
 * Fully connected layer: `y = x weight + bias`.
 *
 * @param options output features; bias and first values if not the defaults
 * @throws RangeError if `out` is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the input is not [features]
 * @see PyTorch's `torch.nn.Linear`, with the weight transposed.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 *
 * assert.deepEqual(dense({ out: 10 }).plan([512]).output, [10])
 * ```
 */
export const dense = ({ out, bias = true, initial = {} }: DenseOptions): Layer<DenseParams> => {
  if (!Number.isInteger(out) || out < 1)
    throw new RangeError(`dense: out must be a whole number of at least 1, not ${out}`)
  return {
    plan: (input) => {
      const [features] = input
      if (input.length !== 1 || features === undefined)
        throw new ShapeError(
          '',
          `dense takes [features], but the input is ${formatShape(input)}; put flatten or globalAvgPool before it`,
        )
      return {
        kind: 'dense',
        params: {
          weight: new Spec([features, out], initial.weight ?? fanInUniform),
          ...(bias ? { bias: new Spec([out], initial.bias ?? uniform(1 / Math.sqrt(features))) } : {}),
        },
        state: {},
        output: [out],
        macs: features * out,
        parts: [],
      }
    },
    apply: applyDense,
    train: (params, x) => ({ y: applyDense(params, x), seen: {} }),
  }
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

/**
 * Every axis but the batch made one: [batch, height, width, channels] becomes [batch, height * width * channels], channels running fastest
 * (PyTorch's NCHW images flatten with the columns fastest, so weights from there need their rows reordered).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { flatten } from '@resfn/dense'
 *
 * assert.deepEqual(flatten.plan([4, 4, 16]).output, [256])
 * ```
 */
export const flatten: Layer<Empty> = lift((x) => reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]), {
  kind: 'flatten',
  output: (input) => [sizeOf(input)],
})
