/**
 * A random key: 64 bits as two unsigned 32-bit integers. Data, not a generator: the same key always gives the same
 * numbers.
 */
export type Key = readonly [number, number]

/**
 * One block of the Threefry-2x32 counter-based generator with 20 rounds: 64 bits from a 64-bit key and a 64-bit
 * counter.
 *
 * @param key the key
 * @param counter the block's number
 * @returns two unsigned 32-bit integers
 * @see Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), section 3.3; the generator of JAX.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { threefry } from '@resfn/random'
 *
 * assert.deepEqual(threefry([0, 0], [0, 0]), [0x6b200159, 0x99ba4efe])
 * ```
 */
export const threefry = (key: Key, counter: Key): Key => {
  const block = new Uint32Array(2)
  encrypt(key[0], key[1], counter[0], counter[1], block)
  return [block[0]!, block[1]!]
}

/** `threefry` into memory of the caller, with the rounds written out: draws run it once a value. */
export const encrypt = (key0: number, key1: number, counter0: number, counter1: number, block: Uint32Array): void => {
  const key2 = key0 ^ key1 ^ 0x1bd11bda
  let a = (counter0 + key0) | 0
  let b = (counter1 + key1) | 0
  a = (a + b) | 0
  b = ((b << 13) | (b >>> 19)) ^ a
  a = (a + b) | 0
  b = ((b << 15) | (b >>> 17)) ^ a
  a = (a + b) | 0
  b = ((b << 26) | (b >>> 6)) ^ a
  a = (a + b) | 0
  b = ((b << 6) | (b >>> 26)) ^ a
  a = (a + key1) | 0
  b = (b + key2 + 1) | 0
  a = (a + b) | 0
  b = ((b << 17) | (b >>> 15)) ^ a
  a = (a + b) | 0
  b = ((b << 29) | (b >>> 3)) ^ a
  a = (a + b) | 0
  b = ((b << 16) | (b >>> 16)) ^ a
  a = (a + b) | 0
  b = ((b << 24) | (b >>> 8)) ^ a
  a = (a + key2) | 0
  b = (b + key0 + 2) | 0
  a = (a + b) | 0
  b = ((b << 13) | (b >>> 19)) ^ a
  a = (a + b) | 0
  b = ((b << 15) | (b >>> 17)) ^ a
  a = (a + b) | 0
  b = ((b << 26) | (b >>> 6)) ^ a
  a = (a + b) | 0
  b = ((b << 6) | (b >>> 26)) ^ a
  a = (a + key0) | 0
  b = (b + key1 + 3) | 0
  a = (a + b) | 0
  b = ((b << 17) | (b >>> 15)) ^ a
  a = (a + b) | 0
  b = ((b << 29) | (b >>> 3)) ^ a
  a = (a + b) | 0
  b = ((b << 16) | (b >>> 16)) ^ a
  a = (a + b) | 0
  b = ((b << 24) | (b >>> 8)) ^ a
  a = (a + key1) | 0
  b = (b + key2 + 4) | 0
  a = (a + b) | 0
  b = ((b << 13) | (b >>> 19)) ^ a
  a = (a + b) | 0
  b = ((b << 15) | (b >>> 17)) ^ a
  a = (a + b) | 0
  b = ((b << 26) | (b >>> 6)) ^ a
  a = (a + b) | 0
  b = ((b << 6) | (b >>> 26)) ^ a
  block[0] = a + key2
  block[1] = b + key0 + 5
}
