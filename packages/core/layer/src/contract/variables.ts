import { add, div, mul, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { type Key, fold } from '@resfn/random'
import { flatten, leaves, mapTo, zip } from '@resfn/tree'
import { checkBackend } from './check-backend.ts'
import type { Layer } from './layer.ts'
import { VariablesError } from './path-error.ts'
import type { Spec } from './plan.ts'
import { formatShape, sameShape, type Shape, sizeOf } from './shape.ts'

/** Draws a leaf from the key folded with its path. */
const drawn =
  (root: 'params' | 'state', key: Key) =>
  (spec: Spec, path: string): Tensor =>
    tensor(spec.initialiser(fold(key, `${root}.${path}`), spec.shape), [...spec.shape], 'float32')

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
  return {
    params: mapTo(plan.params, drawn('params', key)) as P,
    state: mapTo(plan.state, drawn('state', key)) as S,
  }
}

/**
 * The variables of a net from those that are given, and the first values of `init` for the others: what a net needs
 * that has a new part.
 *
 * @param net any layer
 * @param given some of its parameters and state, which keep their places in the trees
 * @param key a random key
 * @param input the shape of one input sample
 * @returns the given tensors, and new ones that the caller owns
 * @throws VariablesError with the path of a given tensor that the net does not have, or has in another shape
 * @throws ShapeError with the path of the layer that cannot take its input
 * @throws NoBackendError if no backend of TensorFlow.js is ready
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { init, initFrom, sequential } from '@resfn/layer'
 * import { key } from '@resfn/random'
 *
 * const { params } = init(sequential({ hidden: dense({ out: 8 }) }), key(0), [4])
 * const net = sequential({ hidden: dense({ out: 8 }), fc: dense({ out: 3 }) })
 * const more = initFrom(net, { params, state: {} }, key(1), [4])
 * assert.equal(more.params.hidden.weight, params.hidden.weight)
 * assert.deepEqual(more.params.fc.weight.shape, [8, 3])
 * ```
 */
export const initFrom = <P, S>(
  net: Layer<P, S>,
  given: { readonly params: unknown; readonly state: unknown },
  key: Key,
  input: Shape,
): Variables<P, S> => {
  const plan = net.plan(input)
  const keep = (root: 'params' | 'state'): ((spec: Spec, path: string) => Tensor) => {
    const own = new Map(flatten<Tensor>(given[root]).map(({ path, leaf }) => [path, leaf]))
    const specs = new Map(flatten<Spec>(plan[root]).map(({ path, leaf }) => [path, leaf]))
    for (const [path, { shape }] of own) {
      const spec = specs.get(path)
      if (spec === undefined) throw new VariablesError(`${root}.${path}`, 'this net has no such tensor; leave it out')
      if (!sameShape(shape, spec.shape))
        throw new VariablesError(
          `${root}.${path}`,
          `it is ${formatShape(shape)}, but this net needs ${formatShape(spec.shape)}; leave it out to have it drawn`,
        )
    }
    return (spec, path) => own.get(path) ?? drawn(root, key)(spec, path)
  }
  const [params, state] = [keep('params'), keep('state')]
  checkBackend('initFrom')
  return { params: mapTo(plan.params, params) as P, state: mapTo(plan.state, state) as S }
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

/**
 * The mean of several trees at each leaf, such as those of the last checkpoints of a run: `(t_1 + … + t_n) / n`.
 *
 * @param trees at least one tree of tensors, parameters and state together if both are wanted; all of one structure
 * @returns new tensors, which the caller owns
 * @throws StructureError naming the first path where a tree differs from the first one
 * @see Izmailov et al., "Averaging weights leads to wider optima and better generalization" (2018)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { average } from '@resfn/layer'
 *
 * const mean = average([{ w: tf.tensor1d([1]) }, { w: tf.tensor1d([4]) }])
 * assert.equal(mean.w.dataSync()[0], 2.5)
 * ```
 */
export const average = <T>(trees: readonly [T, ...T[]]): T =>
  zip(trees, (same: readonly Tensor[]) =>
    tidy(() =>
      div(
        same.reduce((total, leaf) => add(total, leaf)),
        same.length,
      ),
    ),
  )

/** The number of values that a tree of specs describes. */
export const countValues = (specs: unknown): number =>
  leaves<Spec>(specs).reduce((sum, { shape }) => sum + sizeOf(shape), 0)
