import { rateFrom0, wholeFrom } from './check.ts'
import type { Schedule } from './schedule.ts'

/**
 * The highest rate `max`, the `steps` of the cycle, the part of them that `rises` (0.3 unless given), and the rates at the ends: `initial`
 * (max / 25) and `final` (initial / 10000).
 */
export type OneCycleOptions = {
  readonly max: number
  readonly steps: number
  readonly rises?: number
  readonly initial?: number
  readonly final?: number
}

const half = (from: number, to: number, part: number): number => to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2

/**
 * One cycle: half a cosine from `initial` up to `max` at step `rises * steps - 1`, and half a cosine down to `final` at the last step.
 *
 * @param options see `OneCycleOptions`
 * @returns the schedule; after the last step it stays at `final`
 * @throws RangeError if steps is no whole number from 1, rises not between 0 and 1, or a rate negative
 * Source: Smith and Topin, "Super-convergence" (2018); the values of PyTorch's `OneCycleLR` with cosine annealing.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { oneCycle } from '@resfn/schedules'
 *
 * const rate = oneCycle({ max: 0.4, steps: 100, rises: 0.3 })
 * assert.deepEqual([rate(0).toFixed(4), rate(29).toFixed(4), rate(99).toFixed(8)], ['0.0160', '0.4000', '0.00000160'])
 * ```
 */
export const oneCycle = ({
  max,
  steps,
  rises = 0.3,
  initial = max / 25,
  final = initial / 1e4,
}: OneCycleOptions): Schedule => {
  wholeFrom(1, 'oneCycle', 'steps', steps)
  for (const [name, value] of Object.entries({ max, initial, final })) rateFrom0('oneCycle', name, value)
  if (!(rises > 0 && rises < 1))
    throw new RangeError(`oneCycle: rises is the part of the steps that rises, between 0 and 1, not ${rises}`)
  const top = rises * steps - 1
  const last = steps - 1
  return (step) => {
    if (step >= last) return final
    return step < top ? half(initial, max, step / top) : half(max, final, (step - top) / (last - top))
  }
}
