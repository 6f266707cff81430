/** The middle and the ends of some measurements. */
export type Spread = { readonly median: number; readonly low: number; readonly high: number }

/**
 * The median, the least and the largest of some numbers; NaN for none. What is null counts as the worst, `infinite`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { spread } from '@resfn/lessons'
 *
 * assert.deepEqual(spread([3, 1, 2]), { median: 2, low: 1, high: 3 })
 * ```
 */
export const spread = (values: readonly (number | null)[]): Spread => {
  const sorted = values.map((value) => value ?? Infinity).toSorted((a, b) => a - b)
  const at = (place: number): number => sorted[place] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    low: at(0),
    high: at(sorted.length - 1),
  }
}

/** A number with so many digits after the point, and `–` where there is none. */
export const digits = (value: number, count: number): string => (Number.isFinite(value) ? value.toFixed(count) : '–')

/** A share as a percentage: 0.0875 is `8.8 %`. */
export const percent = (value: number, count = 1): string =>
  Number.isFinite(value) ? `${(100 * value).toFixed(count)} %` : '–'
