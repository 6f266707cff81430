import { clone, type Tensor } from '@tensorflow/tfjs-core'
import { absorb } from '@resfn/layer'
import { checkOptions } from '@resfn/options'
import { map } from '@resfn/tree'
import { OptimiserError } from './leafwise.ts'
import type { Optimiser } from './optimiser.ts'
import { decayRate } from './rules.ts'

/**
 * An exponential moving average of the parameters beside them: after each update `average' = decay * average + (1 -
 * decay) * p'`, from the first parameters on. It is a part of the optimiser's state, so checkpoints hold it, and
 * `run.optimiser.average` are the parameters to evaluate with.
 *
 * @param decay how much of the average stays at each step, from 0 to below 1; 0.9999 is timm's default
 * @returns from an optimiser to one whose state has `average` as well, a tree of the structure of the parameters
 * @throws OptionsError if decay is not from 0 to below 1
 * @throws OptimiserError from `update`, if the state has no average
 * @see timm, `ModelEmaV2`; Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { movingAverage, sgd } from '@resfn/optimisers'
 *
 * const { init, update } = movingAverage(0.75)(sgd())
 * const params = { w: tf.tensor1d([4]) }
 * const next = update({ w: tf.tensor1d([4]) }, init(params), params, { step: 0, learningRate: 1 })
 * const average = next.state['average'] as typeof params
 * assert.deepEqual([next.params.w.dataSync()[0], average.w.dataSync()[0]], [0, 3])
 * ```
 */
export const movingAverage = (decay: number): ((optimiser: Optimiser) => Optimiser) => {
  checkOptions('movingAverage', { decay }, { decay: decayRate })
  const towards = absorb(decay)
  return ({ init, update }) => ({
    init: (params) => ({ ...init(params), average: map(params, (leaf: Tensor) => clone(leaf)) }),
    update: <P>(
      gradients: P,
      { average, ...own }: { readonly [name: string]: unknown },
      params: P,
      at: Parameters<typeof update>[3],
    ) => {
      if (average === undefined)
        throw new OptimiserError(
          `the optimiser's state has no average, only ${Object.keys(own).join(', ') || 'nothing'}; it is of another optimiser: start with init(params)`,
        )
      const updated = update(gradients, own, params, at)
      return { params: updated.params, state: { ...updated.state, average: towards(average as P, updated.params) } }
    },
  })
}
