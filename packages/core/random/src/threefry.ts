/** A random key: 64 bits as two unsigned 32-bit integers. Data, not a generator: the same key always gives the same numbers. */
export type Key = readonly [number, number]

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const

/**
 * One block of the Threefry-2x32 counter-based generator with 20 rounds: 64 bits from a 64-bit key and a 64-bit counter.
 *
 * @param key the key
 * @param counter the block's number
 * @returns two unsigned 32-bit integers
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), section 3.3; the generator of JAX.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { threefry } from '@resfn/random'
 *
 * assert.deepEqual(threefry([0, 0], [0, 0]), [0x6b200159, 0x99ba4efe])
 * ```
 */
export const threefry = (key: Key, counter: Key): Key => {
  const schedule = [key[0] | 0, key[1] | 0, (key[0] ^ key[1] ^ 0x1bd11bda) | 0] as const
  let a = (counter[0] + schedule[0]) | 0
  let b = (counter[1] + schedule[1]) | 0
  for (let group = 0; group < 5; group++) {
    for (const by of rotations[(group & 1) as 0 | 1]) {
      a = (a + b) | 0
      b = rotate(b, by) ^ a
    }
    a = (a + schedule[((group + 1) % 3) as 0 | 1 | 2]) | 0
    b = (b + schedule[((group + 2) % 3) as 0 | 1 | 2] + group + 1) | 0
  }
  return [a >>> 0, b >>> 0]
}
