import { add, mul, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { type Key, fold } from '@resfn/random'
import { leaves, mapTo, zip } from '@resfn/tree'
import { checkBackend } from './check-backend.ts'
import type { Layer } from './layer.ts'
import type { Spec } from './plan.ts'
import { type Shape, sizeOf } from './shape.ts'

/** The first parameters and state of a net. */
export type Variables<P, S> = { readonly params: P; readonly state: S }

/**
 * The first parameters and state of a net: each leaf is drawn from the key folded with the leaf's path, so adding a
 * layer changes no other layer's draw.
 *
 * @param net any layer
 * @param key a random key
 * @param input the shape of one input sample
 * @returns float32 tensors, which the caller owns
 * @throws ShapeError with the path of the layer that cannot take its input
 * @throws NoBackendError if no backend of TensorFlow.js is ready
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { conv2d } from '@resfn/conv2d'
 * import { init, sequential } from '@resfn/layer'
 * import { key } from '@resfn/random'
 *
 * const { params } = init(sequential({ conv: conv2d({ out: 8, size: 3 }) }), key(0), [28, 28, 1])
 * assert.deepEqual(params.conv.weight.shape, [3, 3, 1, 8])
 * ```
 */
export const init = <P, S>(net: Layer<P, S>, key: Key, input: Shape): Variables<P, S> => {
  const plan = net.plan(input)
  checkBackend('init')
  const draw = (root: string) => (spec: Spec, path: string) =>
    tensor(spec.initialiser(fold(key, `${root}.${path}`), spec.shape), [...spec.shape], 'float32')
  return {
    params: mapTo(plan.params, draw('params')) as P,
    state: mapTo(plan.state, draw('state')) as S,
  }
}

/**
 * A net with its state bound: the bare function `(params, x) => y` of evaluation.
 *
 * @param net any layer
 * @param state its state
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { batchNorm } from '@resfn/batch-norm'
 * import { init, withState } from '@resfn/layer'
 * import { key } from '@resfn/random'
 *
 * const { params, state } = init(batchNorm(), key(0), [3])
 * const predict = withState(batchNorm(), state)
 * assert.deepEqual(predict(params, tf.zeros([2, 3])).shape, [2, 3])
 * ```
 */
export const withState =
  <P, S>(net: Layer<P, S>, state: S): ((params: P, x: Tensor) => Tensor) =>
  (params, x) =>
    net.apply(params, x, state)

/**
 * The running statistics after a batch: `decay * state + (1 - decay) * seen` at each leaf. PyTorch's `momentum` is `1 -
 * decay`.
 *
 * @param decay how much of the old state stays, from 0 to 1; 0.9 is PyTorch's default
 * @returns from the state and what a batch showed to the next state
 * @throws RangeError if decay is outside [0, 1]
 * @throws StructureError if the two trees differ
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { absorb } from '@resfn/layer'
 *
 * const next = absorb(0.5)({ mean: tf.tensor1d([0]) }, { mean: tf.tensor1d([4]) })
 * assert.equal(next.mean.dataSync()[0], 2)
 * ```
 */
export const absorb = (decay: number): (<S>(state: S, seen: S) => S) => {
  if (!(decay >= 0 && decay <= 1))
    throw new RangeError(`absorb: decay must be from 0 to 1, not ${decay}; PyTorch's momentum is 1 - decay`)
  return <S>(state: S, seen: S): S =>
    zip([state, seen], ([old, batch]: readonly Tensor[]) => add(mul(old!, decay), mul(batch!, 1 - decay)))
}

/** The number of values that a tree of specs describes. */
export const countValues = (specs: unknown): number =>
  leaves<Spec>(specs).reduce((sum, { shape }) => sum + sizeOf(shape), 0)
