import { checkOptions, numberFrom, optional, OptionsError, wholeNumberFrom } from '@resfn/options'
import type { Schedule } from './schedule.ts'

/** Options of `cosine`. */
export type CosineOptions = {
  /** The highest learning rate. */
  readonly rate: number
  /** The step at which the final rate is reached; the warm-up counts. */
  readonly steps: number
  /** By default 0. */
  readonly final?: number
  /** Steps that rise from `initial` to `rate`; by default 0. */
  readonly warmup?: number
  /** By default 0. */
  readonly initial?: number
}

/**
 * Linear warm-up, then half a cosine: for t below warmup w, `initial + (rate - initial) * t / w`; then, up to `steps`
 * T, `final + (rate - final) * (1 + cos(pi * (t - w) / (T - w))) / 2`; then `final`.
 *
 * @param options see `CosineOptions`
 * @throws OptionsError if steps or warmup is not a whole number in its range, or a rate is negative
 * @see Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), equation 5
 * @see Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cosine } from '@resfn/schedules'
 *
 * const rate = cosine({ rate: 0.25, steps: 20, warmup: 4 })
 * assert.deepEqual([0, 2, 4, 20].map(rate), [0, 0.125, 0.25, 0])
 * ```
 */
export const cosine = (options: CosineOptions): Schedule => {
  checkOptions('cosine', options, {
    rate: numberFrom(0),
    steps: wholeNumberFrom(1),
    final: optional(numberFrom(0)),
    warmup: optional(wholeNumberFrom(0)),
    initial: optional(numberFrom(0)),
  })
  const { rate, steps, final = 0, warmup = 0, initial = 0 } = options
  if (steps <= warmup)
    throw new OptionsError(`cosine: steps count the warm-up, so they must be more than ${warmup}, not ${steps}`)
  return (step) => {
    if (step < warmup) return initial + ((rate - initial) * step) / warmup
    if (step >= steps) return final
    return final + ((rate - final) * (1 + Math.cos((Math.PI * (step - warmup)) / (steps - warmup)))) / 2
  }
}
