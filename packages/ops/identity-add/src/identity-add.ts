import { add, type Tensor } from '@tensorflow/tfjs-core'
import { formatShape, type Layer, sameShape, ShapeError } from '@resfn/layer'

/**
 * The residual join as a bare function: `y = x + f(params, x)`. Its gradient by x is `dy (1 + f')`, so the signal never vanishes in the sum.
 *
 * @param branch any `(params, x) => y` that keeps the shape
 * @returns `(params, x) => y` with the branch's own parameters, x and y [batch, ...] of one shape
 * Source: He et al., "Deep residual learning for image recognition" (2015), equation 1.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyIdentityAdd } from '@resfn/identity-add'
 *
 * const y = applyIdentityAdd((w: tf.Tensor, x) => tf.mul(w, x))(tf.scalar(3), tf.tensor1d([2]))
 * assert.deepEqual([...y.dataSync()], [8])
 * ```
 */
export const applyIdentityAdd =
  <P>(branch: (params: P, x: Tensor) => Tensor): ((params: P, x: Tensor) => Tensor) =>
  (params, x) =>
    add(x, branch(params, x))

/**
 * The residual join with an identity shortcut: `y = x + branch(x)`. Parameters and state are the branch's own.
 *
 * @param branch a layer that keeps the shape
 * @throws ShapeError, from `plan`, if the branch changes the shape; use `projectedAdd` there
 * Source: He et al., "Deep residual learning for image recognition" (2015), section 3.2.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { identityAdd } from '@resfn/identity-add'
 *
 * const join = identityAdd(conv2d({ out: 64, size: 3 }))
 * assert.deepEqual(join.plan([14, 14, 64]).output, [14, 14, 64])
 * assert.throws(() => join.plan([28, 28, 3]), /branch \[28,28,64\] and shortcut \[28,28,3\] differ/)
 * ```
 */
export const identityAdd = <P, S>(branch: Layer<P, S>): Layer<P, S> => ({
  plan: (input) => {
    const plan = branch.plan(input)
    if (!sameShape(plan.output, input)) throw new ShapeError('', differ(plan.output, input))
    // The branch's tree is the join's own, so its parts are too: every path of a summary leads to parameters.
    return { ...plan, kind: plan.parts.length > 0 ? 'identityAdd' : `identityAdd ${plan.kind}` }
  },
  apply: (params, x, state) => add(x, branch.apply(params, x, state)),
  train: (params, x, key) => {
    const { y, seen } = branch.train(params, x, key)
    return { y: add(x, y), seen }
  },
})

const differ = (branch: readonly number[], shortcut: readonly number[]): string => {
  const smaller = branch.length === 3 && branch[0]! < shortcut[0]!
  const reason = smaller
    ? `stride ${Math.round(shortcut[0]! / branch[0]!)} needs a projection`
    : 'a change of shape needs a projection'
  return `branch ${formatShape(branch)} and shortcut ${formatShape(shortcut)} differ; ${reason} (projectedAdd)`
}
