import { rateFrom0, wholeFrom } from './check.ts'
import type { Schedule } from './schedule.ts'

/** The highest `rate`, the `steps` after which the `final` rate (0 unless given) is reached, and `warmup` steps (0) that rise to it from `initial` (0). */
export type CosineOptions = {
  readonly rate: number
  readonly steps: number
  readonly final?: number
  readonly warmup?: number
  readonly initial?: number
}

/**
 * Linear warm-up, then half a cosine: for t below warmup w, `initial + (rate - initial) * t / w`; then, up to `steps` T,
 * `final + (rate - final) * (1 + cos(pi * (t - w) / (T - w))) / 2`; then `final`.
 *
 * @param options see `CosineOptions`
 * @throws RangeError if steps or warmup is no such number, or a rate is negative
 * Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), equation 5; Goyal et al., "Accurate, large
 * minibatch SGD" (2017), section 2.2.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cosine } from '@resfn/schedules'
 *
 * const rate = cosine({ rate: 0.25, steps: 20, warmup: 4 })
 * assert.deepEqual([0, 2, 4, 20].map(rate), [0, 0.125, 0.25, 0])
 * ```
 */
export const cosine = ({ rate, steps, final = 0, warmup = 0, initial = 0 }: CosineOptions): Schedule => {
  for (const [name, value] of Object.entries({ rate, final, initial })) rateFrom0('cosine', name, value)
  wholeFrom(0, 'cosine', 'warmup', warmup)
  wholeFrom(warmup + 1, 'cosine', 'steps (they count the warm-up)', steps)
  return (step) => {
    if (step < warmup) return initial + ((rate - initial) * step) / warmup
    if (step >= steps) return final
    return final + ((rate - final) * (1 + Math.cos((Math.PI * (step - warmup)) / (steps - warmup)))) / 2
  }
}
