import { add, type Tensor } from '@tensorflow/tfjs-core'
import { fold } from '@resfn/random'
import {
  type Branch,
  collect,
  empty,
  formatShape,
  type Layer,
  type ParamsOfAll,
  sameShape,
  ShapeError,
  type StateOfAll,
  within,
} from '@resfn/layer'

/** The trees of a branch and a shortcut; a side without any leaves none. */
export type ProjectedParams<P, Q> = { readonly branch: P; readonly shortcut: Q }

/** The two sides of the join, by name. */
export type Sides<P, S, Q, T> = { readonly branch: Layer<P, S>; readonly shortcut: Layer<Q, T> }

/**
 * The projected residual join as a bare function: `y = f(params.branch, x) + g(params.shortcut, x)`.
 *
 * @param branch any `(params, x) => y`
 * @param shortcut any `(params, x) => y` of the same output shape
 * Source: He et al., "Deep residual learning for image recognition" (2015), equation 2.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyProjectedAdd } from '@resfn/projected-add'
 *
 * const times = (w: tf.Tensor, x: tf.Tensor) => tf.mul(w, x)
 * const y = applyProjectedAdd(times, times)({ branch: tf.scalar(3), shortcut: tf.scalar(10) }, tf.tensor1d([2]))
 * assert.deepEqual([...y.dataSync()], [26])
 * ```
 */
export const applyProjectedAdd =
  <P, Q>(
    branch: (params: P, x: Tensor) => Tensor,
    shortcut: (params: Q, x: Tensor) => Tensor,
  ): ((params: ProjectedParams<P, Q>, x: Tensor) => Tensor) =>
  (params, x) =>
    add(branch(params.branch, x), shortcut(params.shortcut, x))

/**
 * The residual join with a shortcut of its own: `y = branch(x) + shortcut(x)`. The trees have the branches `branch` and `shortcut`.
 *
 * @param branch any layer
 * @param shortcut a layer of the same output shape: `projection` (1x1 convolution), `subsampleAndPad` (option A), or the caller's own
 * @throws ShapeError, from `plan`, if the two output shapes differ
 * Source: He et al., "Deep residual learning for image recognition" (2015), section 3.3, options A, B and C.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { projectedAdd, projection } from '@resfn/projected-add'
 *
 * const join = projectedAdd(conv2d({ out: 128, size: 3, stride: 2 }), projection({ out: 128, stride: 2 }))
 * assert.deepEqual(join.plan([28, 28, 64]).output, [14, 14, 128])
 * ```
 */
export const projectedAdd = <P, S, Q, T>(
  branch: Layer<P, S>,
  shortcut: Layer<Q, T>,
): Layer<ParamsOfAll<Sides<P, S, Q, T>>, StateOfAll<Sides<P, S, Q, T>>> => {
  const sides = { branch, shortcut }
  const names = ['branch', 'shortcut'] as const
  type Side = (typeof names)[number]
  const trees = (tree: unknown, side: Side): never => ((tree as Branch)[side] ?? empty) as never
  return {
    plan: (input) => {
      const plans = {
        branch: within('branch', () => branch.plan(input)),
        shortcut: within('shortcut', () => shortcut.plan(input)),
      }
      const [a, b] = [plans.branch.output, plans.shortcut.output]
      if (!sameShape(a, b))
        throw new ShapeError(
          '',
          `branch ${formatShape(a)} and shortcut ${formatShape(b)} differ; give both the same stride and output channels`,
        )
      return {
        kind: 'projectedAdd',
        params: collect(names, (side) => plans[side as Side].params) as never,
        state: collect(names, (side) => plans[side as Side].state) as never,
        output: a,
        macs: plans.branch.macs + plans.shortcut.macs,
        parts: names.map((name) => ({ name, plan: plans[name] as never })),
      }
    },
    apply: (params, x, state) => {
      const side = (name: Side): Tensor => sides[name].apply(trees(params, name), x, trees(state, name))
      return add(side('branch'), side('shortcut'))
    },
    train: (params, x, key) => {
      const trained = {
        branch: branch.train(trees(params, 'branch'), x, fold(key, 'branch')),
        shortcut: shortcut.train(trees(params, 'shortcut'), x, fold(key, 'shortcut')),
      }
      return {
        y: add(trained.branch.y, trained.shortcut.y),
        seen: collect(names, (side) => trained[side as Side].seen) as never,
      }
    },
  }
}
