import type { Pixels } from '@resfn/preprocessing'

/** A new byte for each byte. */
export type Lookup = (byte: number) => number

const bytes = Array.from({ length: 256 }, (_, byte) => byte)

/** How often each byte occurs in a channel. */
const histogram = ({ data, channels }: Pixels, channel: number): Uint32Array => {
  const counts = new Uint32Array(256)
  for (let i = channel; i < data.length; i += channels) counts[data[i]!]! += 1
  return counts
}

/** Changes each channel by a table that follows from its histogram; a fourth channel, alpha, stays. */
const throughTables = (pixels: Pixels, tableOf: (counts: Uint32Array) => Lookup): Pixels => {
  const { channels } = pixels
  const data = new Uint8Array(pixels.data)
  for (let channel = 0; channel < Math.min(3, channels); channel++) {
    const table = Uint8Array.from(bytes, tableOf(histogram(pixels, channel)))
    for (let i = channel; i < data.length; i += channels) data[i] = table[data[i]!]!
  }
  return { ...pixels, data }
}

/** Changes every byte by one table. */
const through = (pixels: Pixels, lookup: Lookup): Pixels => throughTables(pixels, () => lookup)

/**
 * Stretches each channel so that its darkest byte becomes 0 and its lightest 255; a channel of one byte stays.
 *
 * @see Pillow, `ImageOps.autocontrast`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { autoContrast } from '@resfn/augment'
 *
 * const dark = { data: new Uint8Array([10, 20, 30]), width: 3, height: 1, channels: 1 } as const
 * assert.deepEqual([...autoContrast(dark).data], [0, 127, 255])
 * ```
 */
export const autoContrast = (pixels: Pixels): Pixels =>
  throughTables(pixels, (counts) => {
    const low = counts.findIndex((count) => count > 0)
    const high = counts.findLastIndex((count) => count > 0)
    if (high <= low) return (byte) => byte
    const scale = 255 / (high - low)
    const offset = -low * scale
    return (byte) => Math.max(0, Math.min(255, Math.trunc(byte * scale + offset)))
  })

/**
 * Spreads the bytes of each channel so that all occur about equally often.
 *
 * @see Pillow, `ImageOps.equalize`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { equalize } from '@resfn/augment'
 *
 * const flat = { data: new Uint8Array(6).fill(7), width: 6, height: 1, channels: 1 } as const
 * assert.deepEqual(equalize(flat).data, flat.data)
 * ```
 */
export const equalize = (pixels: Pixels): Pixels =>
  throughTables(pixels, (counts) => {
    const present = counts.filter((count) => count > 0)
    const total = present.reduce((sum, count) => sum + count, 0)
    const step = Math.floor((total - (present.at(-1) ?? 0)) / 255)
    if (present.length <= 1 || step === 0) return (byte) => byte
    const before = new Float64Array(256)
    counts.forEach((count, byte) => (before[byte + 1] = (before[byte] ?? 0) + count))
    return (byte) => Math.min(255, Math.floor((Math.floor(step / 2) + before[byte]!) / step))
  })

/**
 * `255 - byte`.
 *
 * @see Pillow, `ImageOps.invert`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { invert } from '@resfn/augment'
 *
 * assert.deepEqual([...invert({ data: new Uint8Array([0, 55]), width: 2, height: 1, channels: 1 }).data], [255, 200])
 * ```
 */
export const invert = (pixels: Pixels): Pixels => through(pixels, (byte) => 255 - byte)

/**
 * Keeps the highest bits of each byte.
 *
 * @param bits how many stay; from 8 on all
 * @see Pillow, `ImageOps.posterize`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { posterize } from '@resfn/augment'
 *
 * assert.deepEqual([...posterize({ data: new Uint8Array([200, 60]), width: 2, height: 1, channels: 1 }, 1).data], [128, 0])
 * ```
 */
export const posterize = (pixels: Pixels, bits: number): Pixels =>
  bits >= 8 ? pixels : through(pixels, (byte) => byte & ~(2 ** (8 - bits) - 1))

/**
 * Inverts the bytes from a threshold on.
 *
 * @see Pillow, `ImageOps.solarize`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { solarize } from '@resfn/augment'
 *
 * assert.deepEqual([...solarize({ data: new Uint8Array([50, 250]), width: 2, height: 1, channels: 1 }, 100).data], [50, 5])
 * ```
 */
export const solarize = (pixels: Pixels, threshold: number): Pixels =>
  through(pixels, (byte) => (byte < threshold ? byte : 255 - byte))

/**
 * Adds a number to the bytes below 128.
 *
 * @see timm, `solarize_add` of `data/auto_augment.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { solarizeAdd } from '@resfn/augment'
 *
 * assert.deepEqual([...solarizeAdd({ data: new Uint8Array([50, 250]), width: 2, height: 1, channels: 1 }, 100).data], [150, 250])
 * ```
 */
export const solarizeAdd = (pixels: Pixels, add: number): Pixels =>
  through(pixels, (byte) => (byte < 128 ? Math.min(255, byte + add) : byte))
