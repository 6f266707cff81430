import { normal, uniform } from './draw.ts'
import { fold } from './key.ts'
import type { Key } from './threefry.ts'

/**
 * The logarithm of a number of the gamma distribution with shape `a`; a logarithm, because numbers of small shapes are
 * smaller than a double holds.
 *
 * @see Marsaglia and Tsang, "A simple method for generating gamma variables" (2000)
 */
const logGamma = (key: Key, a: number): number => {
  if (a < 1) return logGamma(fold(key, 'more'), a + 1) + Math.log(1 - uniform(fold(key, 'power'), 1)[0]!) / a
  const d = a - 1 / 3
  for (let attempt = 0; ; attempt++) {
    const own = fold(key, attempt)
    const x = normal(fold(own, 'normal'), 1)[0]!
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    const u = 1 - uniform(fold(own, 'uniform'), 1)[0]!
    if (v > 0 && Math.log(u) < (x * x) / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v)
  }
}

/**
 * `count` numbers of the beta distribution, from 0 to 1; `a` = `b` = 1 is the even one.
 *
 * @param key the key
 * @param count how many
 * @param shape `a` and `b`, above 0: the mean is `a / (a + b)`
 * @throws RangeError unless a and b are above 0
 * @see `jax.random.beta`, whose draws are others
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { beta, key } from '@resfn/random'
 *
 * const draws = beta(key(0), 1000, { a: 0.2, b: 0.2 })
 * assert.ok(draws.every((x) => x >= 0 && x <= 1))
 * assert.ok(draws.filter((x) => x < 0.1 || x > 0.9).length > 500) // most are near an end
 * ```
 */
export const beta = (key: Key, count: number, { a, b }: { readonly a: number; readonly b: number }): Float32Array => {
  if (!(a > 0 && b > 0 && Number.isFinite(a + b)))
    throw new RangeError(`beta: a and b must be above 0, not ${a} and ${b}`)
  return Float32Array.from({ length: count }, (_, i) => {
    const own = fold(key, i)
    return 1 / (1 + Math.exp(logGamma(fold(own, 'b'), b) - logGamma(fold(own, 'a'), a)))
  })
}
