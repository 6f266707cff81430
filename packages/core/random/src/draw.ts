import { type Key, threefry } from './threefry.ts'
import { erf, erfInverse } from './erf.ts'

/**
 * `count` unsigned 32-bit integers; the i-th is the exclusive or of the two words of block i.
 *
 * @param key the key
 * @param count how many
 * Source: `jax.random.bits` with `jax_threefry_partitionable`.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bits, key } from '@resfn/random'
 *
 * assert.equal(bits(key(0), 1)[0], (0x6b200159 ^ 0x99ba4efe) >>> 0)
 * ```
 */
export const bits = (key: Key, count: number): Uint32Array => {
  const out = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const [a, b] = threefry(key, [0, i])
    out[i] = a ^ b
  }
  return out
}

// 23 random mantissa bits, so that every value is exact in float32, as JAX does.
const unit = (word: number): number => (word >>> 9) * 2 ** -23

/**
 * `count` float32 numbers drawn evenly from [low, high).
 *
 * @param key the key
 * @param count how many
 * @param range the bounds, 0 and 1 if not given
 * Source: `jax.random.uniform`.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key, uniform } from '@resfn/random'
 *
 * assert.ok(uniform(key(1), 100, { low: -2, high: 3 }).every((u) => u >= -2 && u < 3))
 * ```
 */
export const uniform = (key: Key, count: number, { low, high }: { readonly low: number; readonly high: number } = { low: 0, high: 1 }): Float32Array =>
  Float32Array.from(bits(key, count), (word) => low + (high - low) * unit(word))

const gaussian = (key: Key, count: number, low: number, high: number): Float32Array =>
  Float32Array.from(bits(key, count), (word) => Math.SQRT2 * erfInverse(Math.max(low + (high - low) * unit(word), low + 2 ** -24)))

/**
 * `count` float32 numbers of the standard normal distribution: `sqrt(2) erfinv(u)`, u drawn evenly from (-1, 1).
 *
 * @param key the key
 * @param count how many
 * Source: `jax.random.normal`.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key, normal } from '@resfn/random'
 *
 * const draws = normal(key(0), 10000)
 * assert.ok(Math.abs(draws.reduce((sum, x) => sum + x, 0) / 10000) < 0.03)
 * ```
 */
export const normal = (key: Key, count: number): Float32Array => gaussian(key, count, -1, 1)

/**
 * `count` float32 numbers of the standard normal distribution restricted to [-bound, bound].
 *
 * @param key the key
 * @param count how many
 * @param bound in standard deviations, 2 if not given
 * Source: `jax.random.truncated_normal`.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key, truncatedNormal } from '@resfn/random'
 *
 * assert.ok(truncatedNormal(key(0), 1000).every((x) => Math.abs(x) <= 2))
 * ```
 */
export const truncatedNormal = (key: Key, count: number, bound = 2): Float32Array => {
  const edge = erf(bound / Math.SQRT2)
  return gaussian(key, count, -edge, edge)
}

/**
 * `count` whole numbers drawn evenly from low to high - 1.
 *
 * @param key the key
 * @param count how many
 * @param range the bounds; `high` is not drawn
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { integers, key } from '@resfn/random'
 *
 * assert.deepEqual(new Set(integers(key(0), 100, { low: 0, high: 3 })), new Set([0, 1, 2]))
 * ```
 */
export const integers = (key: Key, count: number, { low, high }: { readonly low: number; readonly high: number }): Int32Array =>
  Int32Array.from(bits(key, count), (word) => low + Math.floor((word / 2 ** 32) * (high - low)))

/**
 * The numbers 0 to `count - 1` in a random order (Fisher-Yates; each order equally likely up to 2^-32).
 *
 * @param key the key
 * @param count how many
 * Source: Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 P.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key, permutation } from '@resfn/random'
 *
 * assert.deepEqual([...permutation(key(7), 5)].sort(), [0, 1, 2, 3, 4])
 * ```
 */
export const permutation = (key: Key, count: number): Uint32Array => {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  const words = bits(key, count)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((words[i]! / 2 ** 32) * (i + 1))
    const swapped = order[i]!
    order[i] = order[j]!
    order[j] = swapped
  }
  return order
}
