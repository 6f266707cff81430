import { checkPixels, type Pixels } from './pixels.ts'

/** ITU-R 601-2 luma in 16 bits of fixed point, as Pillow's `L24`. */
const luma = (red: number, green: number, blue: number): number =>
  (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16

/**
 * A picture as grey (1) or RGB (3), as `convert('L')` and `convert('RGB')` of Pillow: grey is
 * `0.299 R + 0.587 G + 0.114 B`, alpha is left out.
 *
 * @param pixels any picture
 * @param channels of the result
 * @see Pillow, `src/libImaging/Convert.c`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { withChannels } from '@resfn/preprocessing'
 *
 * const red = { data: new Uint8Array([255, 0, 0]), width: 1, height: 1, channels: 3 } as const
 * assert.deepEqual([...withChannels(red, 1).data], [76])
 * ```
 */
export const withChannels = (pixels: Pixels, channels: 1 | 3): Pixels => {
  checkPixels('withChannels', pixels)
  if (pixels.channels === channels) return pixels
  const { data, width, height } = pixels
  const result = new Uint8Array(width * height * channels)
  for (let i = 0; i < width * height; i++) {
    const from = i * pixels.channels
    if (channels === 1) result[i] = luma(data[from]!, data[from + 1]!, data[from + 2]!)
    else for (let c = 0; c < 3; c++) result[3 * i + c] = data[pixels.channels === 1 ? from : from + c]!
  }
  return { data: result, width, height, channels }
}
