import { add, div, minimum, sqrt, sum, type Tensor } from '@tensorflow/tfjs-core'
import { checkOptions } from '@resfn/options'
import { leaves, unflatten } from '@resfn/tree'
import { scaleAll, squareSums } from './many.ts'
import { numbered } from './numbered.ts'
import type { Optimiser } from './optimiser.ts'
import { above0 } from './rules.ts'

/**
 * The Euclidean norm of all values of a tree together: `sqrt(sum(x^2))`.
 *
 * @param tree a tree of at least one tensor
 * @returns a scalar
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { globalNorm } from '@resfn/optimisers'
 *
 * assert.equal(globalNorm({ a: tf.tensor1d([3]), b: tf.tensor2d([[4]]) }).dataSync()[0], 5)
 * ```
 */
export const globalNorm = (tree: unknown): Tensor => sqrt(sum(squareSums(numbered({ x: leaves<Tensor>(tree) }), {})[0]))

/**
 * Clips gradients: the optimiser gets `g * min(1, limit / (norm + 1e-6))`, norm being that of all gradients together,
 * so their direction stays.
 *
 * @param limit the largest norm, above 0
 * @returns from an optimiser to one that gets clipped gradients
 * @throws OptionsError if limit is not positive
 * @see Pascanu et al., "On the difficulty of training recurrent neural networks" (2013), algorithm 1
 * @see PyTorch, `clip_grad_norm_`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { clipByGlobalNorm, sgd } from '@resfn/optimisers'
 *
 * const { update } = clipByGlobalNorm(1)(sgd())
 * const { params } = update({ w: tf.tensor1d([30, 40]) }, {}, { w: tf.tensor1d([0, 0]) }, { step: 0, learningRate: 1 })
 * assert.deepEqual([...params.w.dataSync()].map((w) => w.toFixed(4)), ['-0.6000', '-0.8000'])
 * ```
 */
export const clipByGlobalNorm = (limit: number): ((optimiser: Optimiser) => Optimiser) => {
  checkOptions('clipByGlobalNorm', { limit }, { limit: above0 })
  return ({ init, update }) => ({
    init,
    update: (gradients, state, params, at) => {
      const factor = minimum(div(limit, add(globalNorm(gradients), 1e-6)), 1)
      const clipped = scaleAll({ ...numbered({ x: leaves<Tensor>(gradients) }), factor }, {})
      return update(unflatten(gradients, clipped), state, params, at)
    },
  })
}
