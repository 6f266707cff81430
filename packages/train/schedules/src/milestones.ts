import { rateFrom0, wholeFrom } from './check.ts'
import type { Schedule } from './schedule.ts'

/** The first `rate`, the steps `at` which it is multiplied by `factor` (0.1 unless given). */
export type MilestonesOptions = { readonly rate: number; readonly at: readonly number[]; readonly factor?: number }

/**
 * A learning rate that falls in steps: `rate * factor^(number of milestones reached)`.
 *
 * @param options see `MilestonesOptions`
 * @throws RangeError if a milestone is not a whole number, or rate or factor is negative
 * Source: He et al., "Deep residual learning for image recognition" (2016), section 4.2; PyTorch, `MultiStepLR`.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { milestones } from '@resfn/schedules'
 *
 * const rate = milestones({ rate: 0.5, at: [32000, 48000], factor: 0.5 })
 * assert.deepEqual([31999, 32000, 48000].map(rate), [0.5, 0.25, 0.125])
 * ```
 */
export const milestones = ({ rate, at, factor = 0.1 }: MilestonesOptions): Schedule => {
  rateFrom0('milestones', 'rate', rate)
  rateFrom0('milestones', 'factor', factor)
  at.forEach((step, i) => wholeFrom(0, 'milestones', `at[${i}]`, step))
  return (step) => rate * factor ** at.filter((milestone) => step >= milestone).length
}
