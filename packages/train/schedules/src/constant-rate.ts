import { rateFrom0 } from './check.ts'
import type { Schedule } from './schedule.ts'

/**
 * The same learning rate at every step.
 *
 * @param rate the learning rate
 * @throws RangeError if the rate is negative or not finite
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { constantRate } from '@resfn/schedules'
 *
 * assert.equal(constantRate(0.1)(1000), 0.1)
 * ```
 */
export const constantRate = (rate: number): Schedule => {
  rateFrom0('constantRate', 'rate', rate)
  return () => rate
}
