import { type Key, threefry } from './threefry.ts'

/**
 * The key of a seed: `[high 32 bits, low 32 bits]`, as in JAX.
 *
 * @param seed a whole number from 0 to 2^53 - 1; zero is a seed like any other
 * @throws RangeError if the seed is not a whole number from 0 to 2^53 - 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key } from '@resfn/random'
 *
 * assert.deepEqual(key(42), [0, 42])
 * ```
 */
export const key = (seed: number): Key => {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`key: the seed must be a whole number from 0 to 2^53 - 1, not ${seed}`)
  return [Math.floor(seed / 2 ** 32), seed >>> 0]
}

// FNV-1a over the UTF-16 units of a name; two different offsets give the 64 bits of a counter.
const hash = (name: string, offset: number): number => {
  let h = offset
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    h = Math.imul(h ^ (unit & 0xff), 0x01000193)
    h = Math.imul(h ^ (unit >>> 8), 0x01000193)
  }
  return h >>> 0
}

/**
 * A key of its own for a name or an index under a key: `threefry(key, name)`. Adding a name changes no other name's
 * key.
 *
 * @param key the key to fold into
 * @param name any string, or a whole number from 0 to 2^32 - 1
 * @throws RangeError if the index is not a whole number from 0 to 2^32 - 1
 * @see `jax.random.fold_in` (the same keys for numbers); folding names as in Flax.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fold, key } from '@resfn/random'
 *
 * assert.deepEqual(fold(key(0), 'conv.weight'), fold(key(0), 'conv.weight'))
 * assert.notDeepEqual(fold(key(0), 'conv.weight'), fold(key(0), 'conv.bias'))
 * ```
 */
export const fold = (key: Key, name: string | number): Key => {
  if (typeof name === 'string') return threefry(key, [hash(name, 0x811c9dc5), hash(name, 0x9e3779b9)])
  if (!Number.isInteger(name) || name < 0 || name >= 2 ** 32)
    throw new RangeError(`fold: an index must be a whole number from 0 to 2^32 - 1, not ${name}`)
  return threefry(key, [0, name])
}

/**
 * `count` independent keys from one: the i-th is `fold(key, i)`.
 *
 * @param key the key to split; do not draw from it afterwards
 * @param count how many keys
 * @see `jax.random.split` with `jax_threefry_partitionable`, the default since JAX 0.5.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key, split } from '@resfn/random'
 *
 * assert.deepEqual(split(key(0), 2), [[1797259609, 2579123966], [928981903, 3453687069]])
 * ```
 */
export const split = (key: Key, count: number): readonly Key[] => Array.from({ length: count }, (_, i) => fold(key, i))
