import type { Tensor } from '@tensorflow/tfjs-core'
import type { Key } from '@resfn/random'
import type { Empty, Layer } from './layer.ts'
import type { Specs } from './plan.ts'
import type { Shape } from './shape.ts'

/** What an op is on an input of a given shape; see `Plan`. */
export type OpPlan<P> = {
  /** what it is, in a word or two, for tables */
  readonly kind: string
  /** the specs of its parameters; none by default */
  readonly params?: Specs<P>
  /** the shape of one output sample; the input's by default */
  readonly output?: Shape
  /** multiply-adds for one sample; 0 by default */
  readonly macs?: number
}

/**
 * A layer without state and without parts, from its plan and its function: `y = apply(params, x)` in training and
 * evaluation.
 *
 * @param plan from the shape of one input sample to specs, output shape and multiply-adds; throws ShapeError for an
 * input it cannot take
 * @param apply from a batch `[batch, ...input]` to a batch `[batch, ...output]`; built from tfjs operations that have
 * gradients
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { init, op, Spec, zeros } from '@resfn/layer'
 * import { key } from '@resfn/random'
 *
 * type ShiftParams = { readonly bias: tf.Tensor }
 * const applyShift = ({ bias }: ShiftParams, x: tf.Tensor): tf.Tensor => tf.add(x, bias)
 * const shift = op<ShiftParams>((input) => ({ kind: 'shift', params: { bias: new Spec(input, zeros) } }), applyShift)
 *
 * const { params } = init(shift, key(0), [3])
 * assert.deepEqual(shift.apply(params, tf.ones([2, 3]), {}).shape, [2, 3])
 * ```
 */
export const op = <P = Empty>(
  plan: (input: Shape) => OpPlan<P>,
  apply: (params: P, x: Tensor) => Tensor,
): Layer<P> => ({
  plan: (input) => {
    const { kind, params = {} as Specs<P>, output = input, macs = 0 } = plan(input)
    return { kind, params, state: {}, output, macs, parts: [] }
  },
  apply,
  train: (params, x) => ({ y: apply(params, x), seen: {} }),
})

/** How a lifted function is shown and what it does to shapes. */
export type LiftOptions = {
  /** its word in tables; `lift` by default */
  readonly kind?: string
  /**
   * from the input's shape to the output's (one sample); the same shape by default. Throws ShapeError for an input it
   * cannot take.
   */
  readonly output?: (input: Shape) => Shape
}

/**
 * A function of tensors as a layer without parameters: `y = f(x)` in training and evaluation.
 *
 * @param f from a batch `[batch, ...input]` to a batch `[batch, ...output]`; built from tfjs operations that have
 * gradients
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

/**
 * A random function as a layer without parameters that is the identity in evaluation: `y = f(x, key)` in training, `y =
 * x` in evaluation. Dropout and its relatives are made with it.
 *
 * @param f from a batch and a key to a batch of the same shape; its draws are a function of the key alone
 * @param options its word in tables, and a check of the input's shape
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { inTraining } from '@resfn/layer'
 * import { key, normal } from '@resfn/random'
 *
 * const noise = inTraining((x, at) => tf.add(x, tf.tensor(normal(at, x.size), x.shape)), { kind: 'noise' })
 * const x = tf.ones([2, 3])
 * assert.equal(noise.apply({}, x, {}), x)
 * assert.notDeepEqual(noise.train({}, x, key(0)).y.arraySync(), x.arraySync())
 * ```
 */
export const inTraining = (f: (x: Tensor, key: Key) => Tensor, options: LiftOptions = {}): Layer<Empty> => ({
  ...lift((x) => x, options),
  train: (_, x, key) => ({ y: f(x, key), seen: {} }),
})
