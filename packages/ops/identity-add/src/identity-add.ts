import { add, type Tensor } from '@tensorflow/tfjs-core'
import {
  type AnyLayer,
  formatShape,
  type Join,
  sameShape,
  type Shape,
  ShapeError,
  type Skip,
  skip,
  sum,
} from '@resfn/layer'

/**
 * The residual join as a bare function: `y = x + f(params, x)`. Its gradient by x is `dy (1 + f')`, so the signal never
 * vanishes in the sum.
 *
 * @param params the branch's own parameters
 * @param x [batch, ...]
 * @param branch any `(params, x) => y` that keeps the shape
 * @returns y, of the shape of x
 * @see He et al., "Deep residual learning for image recognition" (2015), equation 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyIdentityAdd } from '@resfn/identity-add'
 *
 * const y = applyIdentityAdd(tf.scalar(3), tf.tensor1d([2]), (w: tf.Tensor, x) => tf.mul(w, x))
 * assert.deepEqual([...y.dataSync()], [8])
 * ```
 */
export const applyIdentityAdd = <P>(params: P, x: Tensor, branch: (params: P, x: Tensor) => Tensor): Tensor =>
  add(x, branch(params, x))

const outputOf = (shortcut: Shape, branch: Shape): Shape => {
  if (sameShape(branch, shortcut)) return shortcut
  const smaller = branch.length === 3 && branch[0]! < shortcut[0]!
  const reason = smaller
    ? `stride ${Math.round(shortcut[0]! / branch[0]!)} needs a projection`
    : 'a change of shape needs a projection'
  throw new ShapeError(
    '',
    `branch ${formatShape(branch)} and shortcut ${formatShape(shortcut)} differ; ${reason} (projectedAdd)`,
  )
}

/** The sum, with the remedy that an identity shortcut has. */
const join: Join = {
  ...sum,
  kind: 'identityAdd',
  output: ({ shortcut, branch }) => outputOf(shortcut!, branch!),
}

/**
 * The residual join with an identity shortcut: `y = x + branch(x)`. Parameters and state are the branch's own.
 *
 * @param branch a layer that keeps the shape
 * @returns the layer; `layers.branch` is the branch
 * @throws ShapeError, from `plan`, if the branch changes the shape; use `projectedAdd` there
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { identityAdd } from '@resfn/identity-add'
 *
 * const block = identityAdd(conv2d({ out: 64, size: 3 }))
 * assert.deepEqual(block.plan([14, 14, 64]).output, [14, 14, 64])
 * assert.throws(() => block.plan([28, 28, 3]), /branch \[28,28,64\] and shortcut \[28,28,3\] differ/)
 * ```
 */
export const identityAdd: <B extends AnyLayer>(branch: B) => Skip<B> = skip(join)
