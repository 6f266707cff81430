import type { EpochRecord } from '@resfn/step'

/**
 * The number of the epoch with the best evaluation: the highest accuracy, of equal ones the lowest loss, of equal ones
 * the first.
 *
 * @param history the epochs of a run
 * @returns nothing where no epoch was evaluated
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bestEpoch } from '@resfn/loop'
 *
 * const training = { loss: 1, accuracy: 0.5 }
 * const epoch = (number: number, accuracy: number) => ({ epoch: number, step: 0, learningRate: 1, training, evaluation: { loss: 1, accuracy } })
 * assert.equal(bestEpoch([epoch(0, 0.5), epoch(1, 0.7), epoch(2, 0.6)]), 1)
 * ```
 */
export const bestEpoch = (history: readonly EpochRecord[]): number | undefined => {
  let best: Required<EpochRecord> | undefined
  for (const { evaluation, ...record } of history) {
    if (evaluation === undefined) continue
    const { accuracy, loss } = best?.evaluation ?? { accuracy: -1, loss: Infinity }
    if (evaluation.accuracy > accuracy || (evaluation.accuracy === accuracy && evaluation.loss < loss))
      best = { ...record, evaluation }
  }
  return best?.epoch
}
