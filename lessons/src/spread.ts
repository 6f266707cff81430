import type { Words } from './lesson.ts'

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

/** A median with what it reaches from and to, `8.8 % (8.1 % – 9.0 %)`; alone where there is one value. */
export const ranged = (
  { median, low, high }: Spread,
  text: (value: number) => string = (value) => percent(value),
): string => (low === high ? text(median) : `${text(median)} (${text(low)} – ${text(high)})`)

/** What a picture shows of the keys: bands around curves, or lines through marks. */
export const overKeys = (keys: readonly number[], shape: 'band' | 'line'): Words => ({
  en: `The median over ${keys.length} key${keys.length > 1 ? 's' : ''}; the ${shape} reaches from the least to the largest.`,
  zh: `${keys.length} 个随机种子的中位数；${shape === 'band' ? '色带' : '线段'}从最小值到最大值。`,
})
