/** The error function to about 1e-15: its Maclaurin series, summed until it stops changing; meant for |x| up to 6. */
export const erf = (x: number): number => {
  if (Math.abs(x) > 6) return Math.sign(x)
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

/**
 * The inverse of the error function on (-1, 1): Winitzki's approximation, then two Newton steps.
 * Source: S. Winitzki, "A handy approximation for the error function and its inverse" (2008).
 */
export const erfInverse = (y: number): number => {
  if (y === 0) return 0
  const a = 0.147
  const log = Math.log1p(-y * y)
  const half = 2 / (Math.PI * a) + log / 2
  let x = Math.sign(y) * Math.sqrt(Math.sqrt(half * half - log / a) - half)
  for (let i = 0; i < 2; i++) x -= ((erf(x) - y) * Math.sqrt(Math.PI) * Math.exp(x * x)) / 2
  return x
}
