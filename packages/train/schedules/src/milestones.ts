import { checkOptions, numberFrom, optional, type Rule, wholeNumberFrom } from '@resfn/options'
import type { Schedule } from './schedule.ts'

/** The first `rate`, the steps `at` which it is multiplied by `factor` (by default 0.1). */
export type MilestonesOptions = { readonly rate: number; readonly at: readonly number[]; readonly factor?: number }

const listOfSteps: Rule = {
  must: 'an array of whole numbers of at least 0',
  holds: (value) => Array.isArray(value) && value.every((step) => wholeNumberFrom(0).holds(step)),
}

/**
 * A learning rate that falls in steps: `rate * factor^(number of milestones reached)`.
 *
 * @param options see `MilestonesOptions`
 * @throws OptionsError if a milestone is not a whole number, or rate or factor is negative
 * @see He et al., "Deep residual learning for image recognition" (2016), section 4.2
 * @see PyTorch, `MultiStepLR`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { milestones } from '@resfn/schedules'
 *
 * const rate = milestones({ rate: 0.5, at: [32000, 48000], factor: 0.5 })
 * assert.deepEqual([31999, 32000, 48000].map(rate), [0.5, 0.25, 0.125])
 * ```
 */
export const milestones = (options: MilestonesOptions): Schedule => {
  checkOptions('milestones', options, { rate: numberFrom(0), at: listOfSteps, factor: optional(numberFrom(0)) })
  const { rate, at, factor = 0.1 } = options
  return (step) => rate * factor ** at.filter((milestone) => step >= milestone).length
}
