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
  type Tensor,
  where,
} from '@tensorflow/tfjs-core'
import { checkOptions, optional } from '@resfn/options'
import { type Contracted, definePrimitive } from '@resfn/primitive'
import { type AdamOptions, adamRules, adamSteps, corrections } from './adam.ts'
import { clipByGlobalNorm } from './clip.ts'
import { treewise } from './leafwise.ts'
import { byColumn, columnOf, numbered, rowsOf } from './numbered.ts'
import type { Optimiser } from './optimiser.ts'
import { above0 } from './rules.ts'
import { exceptVectors, type WeightDecayOptions, weightDecayRules } from './weight-decay.ts'

/** Options of `lamb`. */
export type LambOptions = AdamOptions &
  Partial<WeightDecayOptions> & {
    /** The largest norm of all gradients together; by default 1, and `Infinity` clips none. */
    readonly clip?: number
  }

// One call for all leaves where a backend has it.
const lambSteps: Contracted<'LambSteps'> = definePrimitive({
  name: 'LambSteps',
  composed: (inputs, { beta1, beta2, epsilon, correction, decay, rate }) =>
    byColumn(
      rowsOf(inputs, ['param', 'gradient', 'mean', 'square']).map(({ param, gradient, mean: m, square: v }) => {
        const mean = add(m, mul(sub(gradient, m), 1 - beta1))
        const square = add(mul(v, beta2), mul(squareOf(gradient), 1 - beta2))
        const direction = add(div(mul(mean, correction), add(sqrt(square), epsilon)), mul(param, decay))
        const [own, moved] = [norm(param), norm(direction)]
        const ratio = where(logicalAnd(greater(own, 0), greater(moved, 0)), div(own, moved), onesLike(own))
        return [sub(param, mul(direction, mul(ratio, rate))), mean, square]
      }),
    ),
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

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
  const optimiser = treewise(['mean', 'square'], ({ params, gradients, slots, paths }, { step, learningRate }) => {
    const { root, correction } = corrections({ beta1, beta2 }, step)
    const moments = { beta1, beta2, epsilon: epsilon * root }
    const adapts = params.map((param, i) => mask(param, paths[i]!))
    // The next parameters, means and squares of the leaves that adapt, or of the others, in order.
    const moved = (adapting: boolean): readonly (readonly Tensor[])[] => {
      const chosen = (list: readonly Tensor[]): readonly Tensor[] => list.filter((_, i) => adapts[i] === adapting)
      const count = chosen(params).length
      if (count === 0) return [[], [], []]
      const inputs = numbered({
        param: chosen(params),
        gradient: chosen(gradients),
        mean: chosen(slots.mean),
        square: chosen(slots.square),
      })
      const outputs = adapting
        ? lambSteps(inputs, { ...moments, correction, decay, rate: learningRate })
        : adamSteps(inputs, { ...moments, rate: learningRate * correction })
      return [0, 1, 2].map((column) => columnOf(outputs, count, column))
    }
    const [adapted, others] = [moved(true), moved(false)]
    const [next, mean, square] = [0, 1, 2].map((column) => {
      const lists = [adapted[column]!.values(), others[column]!.values()]
      return adapts.map((adapting) => lists[adapting ? 0 : 1]!.next().value!)
    })
    return { params: next!, slots: { mean: mean!, square: square! } }
  })
  return clipByGlobalNorm(clip)(optimiser)
}
