import { add, div, mul, sqrt, square as squareOf, sub } from '@tensorflow/tfjs-core'
import { checkOptions, optional, type Rules } from '@resfn/options'
import { type Contracted, definePrimitive } from '@resfn/primitive'
import { treewise } from './leafwise.ts'
import { byColumn, columnOf, numbered, rowsOf } from './numbered.ts'
import type { Optimiser } from './optimiser.ts'
import { above0, decayRate } from './rules.ts'
import { decoupledWeightDecay, type WeightDecayOptions, weightDecayRules } from './weight-decay.ts'

/** Options of `adam`. */
export type AdamOptions = {
  /** The decay of the mean of the gradients; by default 0.9. */
  readonly beta1?: number
  /** The decay of the mean of their squares; by default 0.999. */
  readonly beta2?: number
  /** Added to the denominator; by default 1e-8. */
  readonly epsilon?: number
}

/** The rules of `AdamOptions`. */
export const adamRules: Rules<AdamOptions> = {
  beta1: optional(decayRate),
  beta2: optional(decayRate),
  epsilon: optional(above0),
}

// One kernel a leaf where a backend has it: on a GPU a step of a small net is mostly the calls.
const adamStep: Contracted<'AdamStep'> = definePrimitive({
  name: 'AdamStep',
  composed: ({ param, gradient, mean: m, square: v }, { beta1, beta2, epsilon, rate }) => {
    const mean = add(m, mul(sub(gradient, m), 1 - beta1))
    const square = add(mul(v, beta2), mul(squareOf(gradient), 1 - beta2))
    return [sub(param, div(mul(mean, rate), add(sqrt(square), epsilon))), mean, square]
  },
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

/** One call for all leaves where a backend has it. */
export const adamSteps: Contracted<'AdamSteps'> = definePrimitive({
  name: 'AdamSteps',
  composed: (inputs, settings) =>
    byColumn(rowsOf(inputs, ['param', 'gradient', 'mean', 'square']).map((row) => adamStep(row, settings))),
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

/**
 * What corrects Adam's means at a step: `root / (1 - beta1^t)` of the mean, and `root` of epsilon, with `root = sqrt(1
 * - beta2^t)`. Numbers instead of tensors.
 */
export const corrections = (
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
  step: number,
): { readonly root: number; readonly correction: number } => {
  const root = Math.sqrt(1 - beta2 ** (step + 1))
  return { root, correction: root / (1 - beta1 ** (step + 1)) }
}

/**
 * Adam: `m' = b1 * m + (1 - b1) * g`, `v' = b2 * v + (1 - b2) * g^2`, and with t the number of this step from 1
 * `p' = p - rate * (m' / (1 - b1^t)) / (sqrt(v' / (1 - b2^t)) + epsilon)`.
 *
 * @param options see `AdamOptions`
 * @returns an optimiser; its state is `{ mean, square }`. t is `at.step + 1`, so start a fresh state at step 0.
 * @throws OptionsError if a beta is not from 0 to below 1, or epsilon is not positive
 * @see Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1
 * @see PyTorch, `torch.optim.Adam`, which has the same values
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
export const adam = (options: AdamOptions = {}): Optimiser => {
  checkOptions('adam', options, adamRules)
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options
  return treewise(['mean', 'square'], ({ params, gradients, slots }, { step, learningRate }) => {
    const { root, correction } = corrections({ beta1, beta2 }, step)
    const settings = { beta1, beta2, epsilon: epsilon * root, rate: learningRate * correction }
    const outputs = adamSteps(numbered({ param: params, gradient: gradients, ...slots }), settings)
    const [next, mean, square] = [0, 1, 2].map((column) => columnOf(outputs, params.length, column))
    return { params: next!, slots: { mean: mean!, square: square! } }
  })
}

/**
 * Adam with decoupled weight decay: each parameter first shrinks to `(1 - rate * decay) * p`, then takes Adam's step.
 * The same as `decoupledWeightDecay({ decay, mask })(adam(options))`.
 *
 * @param options those of Adam, `decay` (by default 0.01), and the `mask` of the leaves that decay (by default all)
 * @throws OptionsError as `adam` and `decoupledWeightDecay` do
 * @see Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2
 * @see PyTorch, `torch.optim.AdamW`, which has the same values
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
export const adamW = (options: AdamOptions & Partial<WeightDecayOptions> = {}): Optimiser => {
  checkOptions('adamW', options, { ...adamRules, decay: optional(weightDecayRules.decay), mask: weightDecayRules.mask })
  const { decay = 0.01, mask, ...rest } = options
  return decoupledWeightDecay(mask === undefined ? { decay } : { decay, mask })(adam(rest))
}
