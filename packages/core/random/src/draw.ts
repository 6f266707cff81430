import { erf, quantile } from './gauss.ts'
import { encrypt, type Key } from './threefry.ts'

const check = (name: string, holds: boolean, expected: string, actual: unknown): void => {
  if (!holds) throw new RangeError(`${name}: ${expected}, not ${String(actual)}`)
}

/**
 * `count` unsigned 32-bit integers. The i-th is the exclusive or of the two words of block i, whatever the count, so
 * that fewer draws are the first of more draws.
 *
 * @param key the key
 * @param count how many, a whole number from 0
 * @throws RangeError if the count is not a whole number from 0
 * @see `jax.random.bits` with `jax_threefry_partitionable`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bits, key } from '@resfn/random'
 *
 * assert.equal(bits(key(0), 1)[0], (0x6b200159 ^ 0x99ba4efe) >>> 0)
 * ```
 */
export const bits = (key: Key, count: number): Uint32Array => {
  check('random', Number.isSafeInteger(count) && count >= 0, 'the count must be a whole number from 0', count)
  const words = new Uint32Array(count)
  const block = new Uint32Array(2)
  for (let i = 0; i < count; i++) {
    encrypt(key[0], key[1], 0, i, block)
    words[i] = block[0]! ^ block[1]!
  }
  return words
}

// 23 random bits, so that every value is exact in float32, as in JAX.
const unit = (word: number): number => (word >>> 9) * 2 ** -23

/** A float32 number for each random word. It is written over the word, because nets draw tens of millions. */
const floats = (key: Key, count: number, value: (word: number) => number): Float32Array => {
  const words = bits(key, count)
  const values = new Float32Array(words.buffer)
  for (let i = 0; i < count; i++) values[i] = value(words[i]!)
  return values
}

/** The largest float32 number below a number. */
const below = (x: number): number => {
  const value = new Float32Array([x])
  if (value[0]! < x) return value[0]!
  if (x === 0) return -(2 ** -149)
  const word = new Int32Array(value.buffer)
  word[0]! += x > 0 ? -1 : 1
  return value[0]!
}

/**
 * `count` float32 numbers drawn evenly from [low, high).
 *
 * @param key the key
 * @param count how many
 * @param range the bounds; 0 and 1 by default
 * @throws RangeError unless low < high
 * @see `jax.random.uniform`.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key, uniform } from '@resfn/random'
 *
 * assert.ok(uniform(key(1), 100, { low: -2, high: 3 }).every((u) => u >= -2 && u < 3))
 * ```
 */
export const uniform = (
  key: Key,
  count: number,
  { low, high }: { readonly low: number; readonly high: number } = { low: 0, high: 1 },
): Float32Array => {
  check(
    'uniform',
    low < high && Number.isFinite(high - low),
    'low must be less than high and both finite',
    `${low} and ${high}`,
  )
  // Rounding to float32 must not reach high.
  const last = below(high)
  return floats(key, count, (word) => Math.min(low + (high - low) * unit(word), last))
}

// As in JAX, u starts one float32 step above -1, so that no draw is infinite.
const lowest = -1 + 2 ** -24

/**
 * `count` float32 numbers of the standard normal distribution: `sqrt(2) erfinv(u)`, u drawn evenly from (-1, 1).
 * `normal` of `@resfn/layer` is the initialiser made of these draws.
 *
 * @param key the key
 * @param count how many, a whole number from 0
 * @throws RangeError if the count is not a whole number from 0
 * @see `jax.random.normal`; equal to it up to the last bits of float32.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key, normal } from '@resfn/random'
 *
 * const draws = normal(key(0), 10000)
 * assert.ok(Math.abs(draws.reduce((sum, x) => sum + x, 0) / 10000) < 0.03)
 * ```
 */
export const normal = (key: Key, count: number): Float32Array =>
  floats(key, count, (word) => quantile(lowest + 2 * unit(word)))

/**
 * `count` float32 numbers of the standard normal distribution restricted to [-bound, bound].
 *
 * @param key the key
 * @param count how many
 * @param options `bound` in standard deviations, positive; 2 by default
 * @throws RangeError if the bound is not positive
 * @see `jax.random.truncated_normal`.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key, truncatedNormal } from '@resfn/random'
 *
 * assert.ok(truncatedNormal(key(0), 1000).every((x) => Math.abs(x) <= 2))
 * ```
 */
export const truncatedNormal = (
  key: Key,
  count: number,
  { bound = 2 }: { readonly bound?: number } = {},
): Float32Array => {
  check('truncatedNormal', bound > 0, 'the bound must be positive', bound)
  const edge = Math.fround(erf(bound / Math.SQRT2))
  return floats(key, count, (word) => {
    const value = quantile(Math.max(lowest, Math.min(-lowest, edge * (2 * unit(word) - 1))))
    return Math.max(-bound, Math.min(bound, value))
  })
}

/**
 * `count` whole numbers drawn evenly from low to high - 1.
 *
 * @param key the key
 * @param count how many
 * @param range the bounds, whole numbers from -2^31 to 2^31; `high` is not drawn
 * @throws RangeError if the bounds are not whole numbers in this range with low < high
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { integers, key } from '@resfn/random'
 *
 * assert.deepEqual(new Set(integers(key(0), 100, { low: 0, high: 3 })), new Set([0, 1, 2]))
 * ```
 */
export const integers = (
  key: Key,
  count: number,
  { low, high }: { readonly low: number; readonly high: number },
): Int32Array => {
  const fits = Number.isInteger(low) && Number.isInteger(high) && low < high && low >= -(2 ** 31) && high <= 2 ** 31
  check('integers', fits, 'low must be less than high, both whole numbers from -2^31 to 2^31', `${low} and ${high}`)
  const words = bits(key, count)
  const values = new Int32Array(words.buffer)
  for (let i = 0; i < count; i++) values[i] = low + Math.floor((words[i]! / 2 ** 32) * (high - low))
  return values
}

/**
 * The numbers 0 to `count - 1` in a random order (Fisher-Yates; each order equally likely up to 2^-32).
 *
 * @param key the key
 * @param count how many
 * @see Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 P.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key, permutation } from '@resfn/random'
 *
 * assert.deepEqual([...permutation(key(7), 5)].sort(), [0, 1, 2, 3, 4])
 * ```
 */
export const permutation = (key: Key, count: number): Uint32Array => {
  const words = bits(key, count)
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((words[i]! / 2 ** 32) * (i + 1))
    const swapped = order[i]!
    order[i] = order[j]!
    order[j] = swapped
  }
  return order
}
