// Only additions, products, quotients and square roots, which IEEE 754 fixes to the bit: the normal draws are the same
// on every machine.

/** The natural logarithm on [2^-25, 0.5], to about 1e-16. */
const log = (x: number): number => {
  // x = m / 2^power with m from 1 to 2, or better from sqrt(1/2) to sqrt(2), where log m = 2 artanh((m - 1) / (m + 1))
  // needs few terms.
  const zeros = Math.clz32(x * 2 ** 31)
  const from1To2 = x * (1 << zeros)
  const halve = from1To2 > Math.SQRT2
  const m = halve ? from1To2 / 2 : from1To2
  const power = halve ? zeros - 1 : zeros
  const s = (m - 1) / (m + 1)
  const q = s * s
  const series =
    1 +
    q *
      (1 / 3 +
        q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13 + q * (1 / 15 + q * (1 / 17 + q / 19))))))))
  return 2 * s * series - power * Math.LN2
}

/** The polynomial `c[0] r^n + … + c[n]` by Horner's rule, from the highest power down. */
const horner = (coefficients: readonly number[], r: number): number =>
  coefficients.reduce((value, coefficient) => value * r + coefficient, 0)

// Wichura's tables: numerator and denominator of the quotient in the middle (a, b) and in the tail (e, f), the highest
// power first.
const a = [
  2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
  1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
]
const b = [
  5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077,
  687.1870074920579083, 42.313330701600911252, 1,
]
const e = [
  7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
  3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
]
const f = [
  1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
  0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1,
]

/**
 * The number below which a standard normal value lies with probability `(1 + u) / 2`: `sqrt(2) erfinv(u)`, to about
 * 1e-15.
 *
 * @param u from -(1 - 2^-24) to 1 - 2^-24
 * @see M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37
 * (1988), PPND16
 */
export const quantile = (u: number): number => {
  if (Math.abs(u) <= 0.85) {
    const r = 0.180625 - 0.25 * u * u
    return (u / 2) * (horner(a, r) / horner(b, r))
  }
  const r = Math.sqrt(-log((1 - Math.abs(u)) / 2)) - 1.6
  const tail = horner(e, r) / horner(f, r)
  return u < 0 ? -tail : tail
}

/**
 * The error function, to about 1e-15: its Maclaurin series with a factor exp(-x^2) taken out, so that all terms are
 * positive.
 */
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
