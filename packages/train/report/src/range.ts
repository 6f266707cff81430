/** Of values that are finite, the one that so large a share of them does not exceed. */
const quantile = (sorted: readonly number[], part: number): number => sorted[Math.floor(part * (sorted.length - 1))]!

/**
 * The top of an axis from 0 for values above it, such as losses. A few spikes do not count: what is far above the upper
 * tenth of the values and above the first ones stays outside.
 */
export const robustTop = (values: readonly number[]): number => {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return 1
  const sorted = finite.toSorted((a, b) => a - b)
  const start = quantile(
    finite.slice(0, 5).toSorted((a, b) => a - b),
    0.5,
  )
  const usual = Math.max(quantile(sorted, 0.9), Math.min(start, 10 * quantile(sorted, 0.5)))
  const most = sorted.at(-1)!
  return usual > 0 && most > 3 * usual ? 1.5 * usual : most > 0 ? most : 1
}
