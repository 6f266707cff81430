import {
  add,
  div,
  greater,
  logicalAnd,
  mul,
  norm,
  onesLike,
  sqrt,
  square as squareOf,
  sub,
  where,
} from '@tensorflow/tfjs-core'
import { checkOptions, optional } from '@resfn/options'
import { type AdamOptions, adamRules } from './adam.ts'
import { clipByGlobalNorm } from './clip.ts'
import { leafwise } from './leafwise.ts'
import type { Optimiser } from './optimiser.ts'
import { above0 } from './rules.ts'
import { exceptVectors, type WeightDecayOptions, weightDecayRules } from './weight-decay.ts'

/** Options of `lamb`. */
export type LambOptions = AdamOptions &
  Partial<WeightDecayOptions> & {
    /** The largest norm of all gradients together; by default 1, and `Infinity` clips none. */
    readonly clip?: number
  }

/**
 * LAMB: Adam's step with the size of each parameter. With m and v as in Adam, both corrected,
 * `u = m / (sqrt(v) + epsilon) + decay * p` and `p' = p - rate * (|p| / |u|) * u`. The ratio is 1 where a norm is 0. A
 * leaf that does not decay takes Adam's step as it is. Gradients are clipped first.
 *
 * @param options those of Adam (`epsilon` by default 1e-6), `decay` (by default 0.01), the `mask` of the leaves that
 * decay and adapt (by default `exceptVectors`), and `clip`
 * @returns an optimiser; its state is `{ mean, square }`. The number of the step is `at.step + 1`, so start a fresh
 * state at step 0.
 * @throws OptionsError if a beta is not from 0 to below 1, epsilon or clip not positive, or decay negative
 * @see You et al., "Large batch optimization for deep learning" (2020), algorithm 2
 * @see timm, `timm.optim.Lamb`, which has the same values
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { lamb } from '@resfn/optimisers'
 *
 * const { init, update } = lamb({ decay: 0 })
 * const [params, gradients] = [{ w: tf.tensor2d([[3], [4]]) }, { w: tf.tensor2d([[1], [1]]) }]
 * const { params: next } = update(gradients, init(params), params, { step: 0, learningRate: 0.1 })
 * // The step has a tenth of the norm of the parameter, whatever the gradient is.
 * assert.ok(Math.abs(tf.norm(tf.sub(next.w, params.w)).dataSync()[0]! - 0.5) < 1e-5)
 * ```
 */
export const lamb = (options: LambOptions = {}): Optimiser => {
  checkOptions('lamb', options, {
    ...adamRules,
    decay: optional(weightDecayRules.decay),
    mask: weightDecayRules.mask,
    clip: optional(above0),
  })
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6, decay = 0.01, mask = exceptVectors, clip = 1 } = options
  const optimiser = leafwise(['mean', 'square'], (p, g, { mean: m, square: v }, { step, learningRate }, path) => {
    const mean = add(m, mul(sub(g, m), 1 - beta1))
    const square = add(mul(v, beta2), mul(squareOf(g), 1 - beta2))
    const root = Math.sqrt(1 - beta2 ** (step + 1))
    const adam = div(mul(mean, root / (1 - beta1 ** (step + 1))), add(sqrt(square), epsilon * root))
    if (!mask(p, path)) return [sub(p, mul(adam, learningRate)), { mean, square }]
    const direction = add(adam, mul(p, decay))
    const [own, moved] = [norm(p), norm(direction)]
    const ratio = where(logicalAnd(greater(own, 0), greater(moved, 0)), div(own, moved), onesLike(own))
    return [sub(p, mul(direction, mul(ratio, learningRate))), { mean, square }]
  })
  return clipByGlobalNorm(clip)(optimiser)
}
