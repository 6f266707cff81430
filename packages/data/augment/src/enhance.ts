import { type Pixels, withChannels } from '@resfn/preprocessing'

/** The grey of each pixel; of grey pictures themselves. */
const greyOf = (pixels: Pixels): Pixels['data'] => withChannels(pixels, 1).data

/**
 * A picture between another one (factor 0) and itself (factor 1), or beyond: `other + factor * (own - other)` in
 * float32, cut to a byte.
 *
 * @param other the byte of the other picture by the index of the byte
 * @see Pillow, `src/libImaging/Blend.c`
 */
const blend = (pixels: Pixels, other: (index: number) => number, factor: number): Pixels => {
  const { channels } = pixels
  const share = Math.fround(factor)
  const data = new Uint8Array(pixels.data)
  if (share !== 1)
    for (let i = 0; i < data.length; i++) {
      if (channels === 4 && i % 4 === 3) continue
      const from = other(i)
      const value = Math.fround(from + Math.fround(share * (data[i]! - from)))
      data[i] = value <= 0 ? 0 : value >= 255 ? 255 : value
    }
  return { ...pixels, data }
}

/**
 * Makes a picture darker (factor below 1) or lighter.
 *
 * @see Pillow, `ImageEnhance.Brightness`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { brightness } from '@resfn/augment'
 *
 * assert.deepEqual([...brightness({ data: new Uint8Array([100, 200]), width: 2, height: 1, channels: 1 }, 1.5).data], [150, 255])
 * ```
 */
export const brightness = (pixels: Pixels, factor: number): Pixels => blend(pixels, () => 0, factor)

/**
 * Moves the bytes towards the mean grey of the picture (factor below 1) or away from it.
 *
 * @see Pillow, `ImageEnhance.Contrast`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { contrast } from '@resfn/augment'
 *
 * assert.deepEqual([...contrast({ data: new Uint8Array([100, 200]), width: 2, height: 1, channels: 1 }, 0.5).data], [125, 175])
 * ```
 */
export const contrast = (pixels: Pixels, factor: number): Pixels => {
  const grey = greyOf(pixels)
  let total = 0
  for (const byte of grey) total += byte
  const mean = Math.floor(total / grey.length + 0.5)
  return blend(pixels, () => mean, factor)
}

/**
 * Moves each pixel towards its grey (factor below 1) or away from it; a grey picture stays.
 *
 * @see Pillow, `ImageEnhance.Color`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { colour } from '@resfn/augment'
 *
 * assert.deepEqual([...colour({ data: new Uint8Array([255, 0, 0]), width: 1, height: 1, channels: 3 }, 0).data], [76, 76, 76])
 * ```
 */
export const colour = (pixels: Pixels, factor: number): Pixels => {
  if (pixels.channels === 1) return pixels
  const grey = greyOf(pixels)
  return blend(pixels, (i) => grey[Math.floor(i / pixels.channels)]!, factor)
}

/** Each pixel as the mean of its neighbours and five times itself; those at the edge stay. */
const smooth = ({ data, width, height, channels }: Pixels): Pixels['data'] => {
  const result = new Uint8Array(data)
  const row = width * channels
  for (let y = 1; y < height - 1; y++)
    for (let i = y * row + channels; i < (y + 1) * row - channels; i++) {
      let sum = 4 * data[i]!
      for (const from of [i - row, i, i + row]) sum += data[from - channels]! + data[from]! + data[from + channels]!
      result[i] = Math.floor(sum / 13 + 0.5)
    }
  return result
}

/**
 * Blurs a picture (factor below 1) or sharpens it.
 *
 * @see Pillow, `ImageEnhance.Sharpness` and `ImageFilter.SMOOTH`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { sharpness } from '@resfn/augment'
 *
 * const spot = { data: new Uint8Array([0, 0, 0, 0, 130, 0, 0, 0, 0]), width: 3, height: 3, channels: 1 } as const
 * assert.equal(sharpness(spot, 0).data[4], 50)
 * ```
 */
export const sharpness = (pixels: Pixels, factor: number): Pixels => {
  const smoothed = smooth(pixels)
  return blend(pixels, (i) => smoothed[i]!, factor)
}
