import { checkOptions, numberFrom, optional, type Rule, wholeNumberFrom } from '@resfn/options'
import type { Schedule } from './schedule.ts'

/** Options of `oneCycle`. */
export type OneCycleOptions = {
  /** The highest learning rate. */
  readonly max: number
  /** Steps of the cycle. */
  readonly steps: number
  /** The part of the steps in which the rate rises, between 0 and 1; by default 0.3. */
  readonly rises?: number
  /** The rate at the first step; by default `max / 25`. */
  readonly initial?: number
  /** The rate at the last step; by default `initial / 10000`. */
  readonly final?: number
}

const part: Rule = {
  must: 'a number between 0 and 1',
  holds: (value) => typeof value === 'number' && value > 0 && value < 1,
}

const half = (from: number, to: number, part: number): number => to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2

/**
 * One cycle: half a cosine from `initial` up to `max` at step `rises * steps - 1`, and half a cosine down to `final` at
 * the last step.
 *
 * @param options see `OneCycleOptions`
 * @returns the schedule; after the last step it stays at `final`
 * @throws OptionsError if steps is not a whole number from 1, rises is not between 0 and 1, or a rate is negative
 * @see Smith and Topin, "Super-convergence" (2018)
 * @see PyTorch, `OneCycleLR` with cosine annealing, which has the same values
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { oneCycle } from '@resfn/schedules'
 *
 * const rate = oneCycle({ max: 0.4, steps: 100, rises: 0.3 })
 * assert.deepEqual([rate(0).toFixed(4), rate(29).toFixed(4), rate(99).toFixed(8)], ['0.0160', '0.4000', '0.00000160'])
 * ```
 */
export const oneCycle = (options: OneCycleOptions): Schedule => {
  checkOptions('oneCycle', options, {
    max: numberFrom(0),
    steps: wholeNumberFrom(1),
    rises: optional(part),
    initial: optional(numberFrom(0)),
    final: optional(numberFrom(0)),
  })
  const { max, steps, rises = 0.3, initial = max / 25, final = initial / 1e4 } = options
  const top = rises * steps - 1
  const last = steps - 1
  return (step) => {
    if (step >= last) return final
    return step < top ? half(initial, max, step / top) : half(max, final, (step - top) / (last - top))
  }
}
