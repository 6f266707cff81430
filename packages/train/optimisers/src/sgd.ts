import { add, mul, sub } from '@tensorflow/tfjs-core'
import { checkOptions, flag, optional, OptionsError } from '@resfn/options'
import { type Contracted, definePrimitive } from '@resfn/primitive'
import { treewise } from './leafwise.ts'
import { addScaled } from './many.ts'
import { byColumn, columnOf, numbered, rowsOf } from './numbered.ts'
import type { Optimiser } from './optimiser.ts'
import { decayRate } from './rules.ts'

/** `momentum` m, from 0 (plain, the default) to below 1; with `nesterov` the gradient is taken ahead. */
export type SgdOptions = { readonly momentum?: number; readonly nesterov?: boolean }

// One kernel a leaf where a backend has it: on a GPU a step of a small net is mostly the calls.
const momentumStep: Contracted<'MomentumStep'> = definePrimitive({
  name: 'MomentumStep',
  composed: ({ param, gradient, velocity }, { learningRate, momentum, nesterov }) => {
    const kept = add(mul(velocity, momentum), gradient)
    const direction = nesterov ? add(mul(kept, momentum), gradient) : kept
    return [sub(param, mul(direction, learningRate)), kept]
  },
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

// One call for all leaves where a backend has it.
const momentumSteps: Contracted<'MomentumSteps'> = definePrimitive({
  name: 'MomentumSteps',
  composed: (inputs, settings) =>
    byColumn(rowsOf(inputs, ['param', 'gradient', 'velocity']).map((row) => momentumStep(row, settings))),
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

/**
 * Stochastic gradient descent: `p' = p - rate * g`; with momentum m, `v' = m * v + g` and `p' = p - rate * v'`; with
 * Nesterov's, `p' = p - rate * (g + m * v')`. The rate is not inside the velocity, so a schedule may change it at any
 * step.
 *
 * @param options see `SgdOptions`
 * @returns an optimiser; its state is `{ velocity }`, or empty without momentum
 * @throws OptionsError if momentum is not from 0 to below 1, or nesterov is true without momentum
 * @see PyTorch, `torch.optim.SGD` (dampening 0)
 * @see Sutskever et al., "On the importance of initialization and momentum" (2013)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { sgd } from '@resfn/optimisers'
 *
 * const { init, update } = sgd({ momentum: 0.5 })
 * const [params, gradients] = [{ w: tf.tensor1d([1]) }, { w: tf.tensor1d([2]) }]
 * const first = update(gradients, init(params), params, { step: 0, learningRate: 0.25 })
 * const second = update(gradients, first.state, first.params, { step: 1, learningRate: 0.25 })
 * assert.equal(first.params.w.dataSync()[0], 0.5)
 * assert.equal(second.params.w.dataSync()[0], -0.25)
 * ```
 */
export const sgd = (options: SgdOptions = {}): Optimiser => {
  checkOptions('sgd', options, { momentum: optional(decayRate), nesterov: optional(flag) })
  const { momentum = 0, nesterov = false } = options
  if (nesterov && momentum === 0) throw new OptionsError('sgd: Nesterov needs a momentum; give one, such as 0.9')
  if (momentum === 0)
    return treewise([], ({ params, gradients, slots }, { learningRate }) => ({
      params: addScaled(numbered({ x: params, y: gradients }), { factor: -learningRate }),
      slots,
    }))
  return treewise(['velocity'], ({ params, gradients, slots: { velocity } }, { learningRate }) => {
    const inputs = numbered({ param: params, gradient: gradients, velocity })
    const outputs = momentumSteps(inputs, { learningRate, momentum, nesterov })
    const [next, kept] = [0, 1].map((column) => columnOf(outputs, params.length, column))
    return { params: next!, slots: { velocity: kept! } }
  })
}
