import { rateFrom0 } from './check.ts'
import type { Schedule } from './schedule.ts'

/** A step and the learning rate at it. */
export type Point = readonly [step: number, rate: number]

/**
 * Straight lines between points; before the first and after the last point the rate is theirs.
 *
 * @param points at least one, steps rising
 * @throws RangeError if there is no point, the steps do not rise or a rate is negative
 * Source: Page, "How to train your ResNet" (2018): `[[0, 0], [5, 0.4], [24, 0]]` in epochs.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { inEpochs, piecewiseLinear } from '@resfn/schedules'
 *
 * const rate = inEpochs(100)(piecewiseLinear([[0, 0], [4, 0.5], [8, 0]]))
 * assert.deepEqual([0, 200, 400, 600, 900].map(rate), [0, 0.25, 0.5, 0.25, 0])
 * ```
 */
export const piecewiseLinear = (points: readonly Point[]): Schedule => {
  const [first] = points
  if (first === undefined) throw new RangeError('piecewiseLinear: give at least one point [step, rate]')
  points.forEach(([step, rate], i) => {
    rateFrom0('piecewiseLinear', `the rate at step ${step}`, rate)
    if (!(i === 0 || step > points[i - 1]![0]))
      throw new RangeError(`piecewiseLinear: the steps must rise, but ${step} comes after ${points[i - 1]![0]}`)
  })
  return (step) => {
    const next = points.findIndex(([at]) => at > step)
    if (next === 0) return first[1]
    if (next < 0) return points.at(-1)![1]
    const [[from, low], [to, high]] = [points[next - 1]!, points[next]!]
    return low + ((high - low) * (step - from)) / (to - from)
  }
}
