import { checkOptions, numberFrom } from '@resfn/options'
import type { Schedule } from './schedule.ts'

/**
 * The same learning rate at every step.
 *
 * @param rate the learning rate
 * @throws OptionsError if the rate is negative or not finite
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { constantRate } from '@resfn/schedules'
 *
 * assert.equal(constantRate(0.1)(1000), 0.1)
 * ```
 */
export const constantRate = (rate: number): Schedule => {
  checkOptions('constantRate', { rate }, { rate: numberFrom(0) })
  return () => rate
}
