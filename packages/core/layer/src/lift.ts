import type { Tensor } from '@tensorflow/tfjs-core'
import { op } from './contract/op.ts'
import type { Empty, Layer } from './layer.ts'
import type { Shape } from './shape.ts'

/** How a lifted function is shown and what it does to shapes. */
export type LiftOptions = {
  /** its word in tables; `lift` by default */
  readonly kind?: string
  /** from the input's shape to the output's (one sample); the same shape by default. Throws ShapeError for an input it cannot take. */
  readonly output?: (input: Shape) => Shape
}

/**
 * A function of tensors as a layer without parameters: `y = f(x)` in training and evaluation.
 *
 * @param f from a batch `[batch, ...input]` to a batch `[batch, ...output]`; built from tfjs operations that have gradients
 * @param options its word in tables and its effect on shapes
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { lift } from '@resfn/layer'
 *
 * const square = lift((x) => tf.square(x), { kind: 'square' })
 * assert.deepEqual([...square.apply({}, tf.tensor1d([3]), {}).dataSync()], [9])
 * ```
 */
export const lift = (
  f: (x: Tensor) => Tensor,
  { kind = 'lift', output = (input) => input }: LiftOptions = {},
): Layer<Empty> =>
  op(
    (input) => ({ kind, output: output(input) }),
    (_, x) => f(x),
  )
