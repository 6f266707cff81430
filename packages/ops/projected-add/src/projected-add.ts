import { add, type Tensor } from '@tensorflow/tfjs-core'
import { type AnyLayer, type Projected, projected, sum } from '@resfn/layer'

/**
 * The projected residual join as a bare function: `y = f(params, x) + g(params.shortcut, x)`.
 *
 * @param params the branch's own parameters, with those of the shortcut as `shortcut`
 * @param x [batch, ...]
 * @param branch any `(params, x) => y`; it is given the parameters without `shortcut`
 * @param shortcut any `(params, x) => y` of the same output shape
 * @returns y [batch, ...output]
 * @see He et al., "Deep residual learning for image recognition" (2015), equation 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyProjectedAdd } from '@resfn/projected-add'
 *
 * const times = ({ weight }: { weight: tf.Tensor }, x: tf.Tensor) => tf.mul(weight, x)
 * const params = { weight: tf.scalar(3), shortcut: { weight: tf.scalar(10) } }
 * assert.deepEqual([...applyProjectedAdd(params, tf.tensor1d([2]), times, times).dataSync()], [26])
 * ```
 */
export const applyProjectedAdd = <P extends object, Q>(
  params: P & { readonly shortcut: Q },
  x: Tensor,
  branch: (params: P, x: Tensor) => Tensor,
  shortcut: (params: Q, x: Tensor) => Tensor,
): Tensor => {
  const { shortcut: side, ...own } = params
  return add(shortcut(side, x), branch(own as unknown as P, x))
}

/**
 * The residual join with a shortcut of its own: `y = branch(x) + shortcut(x)`. The trees are the branch's own, with one
 * more name, `shortcut`.
 *
 * @param branch any layer with a tree of names
 * @param shortcut a layer of the same output shape: `projection` (1x1 convolution), `subsampleAndPad` (option A), or
 * the caller's own
 * @returns the layer; `layers` are both
 * @throws ShapeError, from `plan`, if the two output shapes differ
 * @throws VariablesError, from `plan`, if the branch's tree is an array or has a `shortcut` already
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.3, options A, B and C
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { projectedAdd, projection } from '@resfn/projected-add'
 *
 * const block = projectedAdd(conv2d({ out: 128, size: 3, stride: 2 }), projection({ out: 128, stride: 2 }))
 * assert.deepEqual(block.plan([28, 28, 64]).output, [14, 14, 128])
 * ```
 */
export const projectedAdd: <B extends AnyLayer, C extends AnyLayer>(branch: B, shortcut: C) => Projected<B, C> =
  projected({ ...sum, kind: 'projectedAdd' })
