import { add, div, mul, sqrt, square as squareOf, sub } from '@tensorflow/tfjs-core'
import { leafwise } from './leafwise.ts'
import type { Optimiser } from './optimiser.ts'
import { decoupledWeightDecay, type WeightDecayOptions } from './weight-decay.ts'

/** The decays `beta1` of the mean (0.9) and `beta2` of the mean square (0.999), and `epsilon` (1e-8) under the fraction. */
export type AdamOptions = { readonly beta1?: number; readonly beta2?: number; readonly epsilon?: number }

/**
 * Adam: `m' = b1 * m + (1 - b1) * g`, `v' = b2 * v + (1 - b2) * g^2`, and with t the number of this step from 1
 * `p' = p - rate * (m' / (1 - b1^t)) / (sqrt(v' / (1 - b2^t)) + epsilon)`.
 *
 * @param options see `AdamOptions`
 * @returns an optimiser; its state is `{ mean, square }`. t is `at.step + 1`, so start a fresh state at step 0.
 * @throws RangeError if a beta is not from 0 to below 1, or epsilon is not positive
 * Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1; the values of PyTorch's `torch.optim.Adam`.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adam } from '@resfn/optimisers'
 *
 * const { init, update } = adam()
 * const [params, gradients] = [{ w: tf.tensor1d([1]) }, { w: tf.tensor1d([-7]) }]
 * const { params: next } = update(gradients, init(params), params, { step: 0, learningRate: 0.5 })
 * assert.ok(Math.abs(next.w.dataSync()[0]! - 1.5) < 1e-6)
 * ```
 */
export const adam = ({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): Optimiser => {
  for (const [name, beta] of Object.entries({ beta1, beta2 }))
    if (!(beta >= 0 && beta < 1)) throw new RangeError(`adam: ${name} must be from 0 to below 1, not ${beta}`)
  if (!(epsilon > 0)) throw new RangeError(`adam: epsilon must be positive, not ${epsilon}`)
  return leafwise(['mean', 'square'], (p, g, { mean: m, square: v }, { step, learningRate }) => {
    const mean = add(m, mul(sub(g, m), 1 - beta1))
    const square = add(mul(v, beta2), mul(squareOf(g), 1 - beta2))
    // The corrections of both are taken into the rate and epsilon: numbers instead of tensors.
    const root = Math.sqrt(1 - beta2 ** (step + 1))
    const rate = (learningRate * root) / (1 - beta1 ** (step + 1))
    return [sub(p, div(mul(mean, rate), add(sqrt(square), epsilon * root))), { mean, square }]
  })
}

/**
 * Adam with decoupled weight decay: each parameter first shrinks to `(1 - rate * decay) * p`, then takes Adam's step. The same as
 * `decoupledWeightDecay({ decay, mask })(adam(options))`.
 *
 * @param options those of Adam, and `decay` (0.01 unless given) with the `mask` of the leaves that it is for (all unless given)
 * @throws RangeError as `adam` and `decoupledWeightDecay` do
 * Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2; the values of PyTorch's `torch.optim.AdamW`.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamW, exceptVectors } from '@resfn/optimisers'
 *
 * const { init, update } = adamW({ decay: 0.5, mask: exceptVectors })
 * const params = { weight: tf.ones([1, 1]), bias: tf.ones([1]) }
 * const still = { weight: tf.zeros([1, 1]), bias: tf.zeros([1]) }
 * const { params: next } = update(still, init(params), params, { step: 0, learningRate: 0.5 })
 * assert.deepEqual([next.weight.dataSync()[0], next.bias.dataSync()[0]], [0.75, 1])
 * ```
 */
export const adamW = ({ decay = 0.01, mask, ...options }: AdamOptions & Partial<WeightDecayOptions> = {}): Optimiser =>
  decoupledWeightDecay(mask === undefined ? { decay } : { decay, mask })(adam(options))
