import { checkOptions, numberFrom, OptionsError, type Rule } from '@resfn/options'
import type { Schedule } from './schedule.ts'

/** A step and the learning rate at it. */
export type Point = readonly [step: number, rate: number]

const listOfPoints: Rule = {
  must: 'an array of at least one point [step, rate], with finite steps and rates of at least 0',
  holds: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (point) =>
        Array.isArray(point) && point.length === 2 && numberFrom().holds(point[0]) && numberFrom(0).holds(point[1]),
    ),
}

/**
 * Straight lines between points; before the first and after the last point the rate is theirs.
 *
 * @param points at least one, steps rising
 * @throws OptionsError if there is no point, the steps do not rise or a rate is negative
 * @see Page, "How to train your ResNet" (2018): `[[0, 0], [5, 0.4], [24, 0]]` in epochs
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
  checkOptions('piecewiseLinear', { points }, { points: listOfPoints })
  points.forEach(([step], i) => {
    if (!(i === 0 || step > points[i - 1]![0]))
      throw new OptionsError(`piecewiseLinear: the steps must rise, but ${step} comes after ${points[i - 1]![0]}`)
  })
  return (step) => {
    const next = points.findIndex(([at]) => at > step)
    if (next === 0) return points[0]![1]
    if (next < 0) return points.at(-1)![1]
    const [[from, low], [to, high]] = [points[next - 1]!, points[next]!]
    return low + ((high - low) * (step - from)) / (to - from)
  }
}
