/** A number that is not finite, or something that is not a number at all, as it is. */
const odd = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '∞' : value === Number.NEGATIVE_INFINITY ? '−∞' : String(value)

/** A loss with three digits after the point; very large and very small ones in powers of ten. */
export const decimal = (value: number): string => {
  if (!Number.isFinite(value)) return odd(value)
  const size = Math.abs(value)
  return size >= 1e5 || (size > 0 && size < 5e-4) ? value.toExponential(2) : value.toFixed(3)
}

/**
 * A share from 0 to 1 with as many digits as test sets of a few thousand images support; a share of nothing is a dash.
 */
export const share = (value: number): string =>
  Number.isNaN(value) ? '–' : Number.isFinite(value) ? value.toFixed(3) : odd(value)

/** A count with its thousands apart: `11,178,378`. */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',')

/** Seconds with one digit after the point. */
export const seconds = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(1)} s` : odd(value))

/** A share from 0 to 1 in whole percent, never above what it is; 0 where it is not a number. */
export const percent = (value: number): number =>
  Number.isFinite(value) ? Math.min(100, Math.max(0, Math.floor(100 * value))) : 0
