/** `a * b / 255`, rounded; Pillow's `MULDIV255`. */
const timesShare = (a: number, b: number): number => {
  const product = a * b + 128
  return ((product >> 8) + product) >> 8
}

/**
 * CMYK as RGB: `(255 - K) * (255 - C) / 255`, without a profile.
 *
 * @param inks rows of pixels, 255 for full ink
 * @param channels how many a pixel has; those behind the fourth are left out
 * @see Pillow, `src/libImaging/Convert.c`, `cmyk2rgb`
 */
export const rgbOfInks = (inks: Uint8Array, channels: number): Uint8Array => {
  const pixels = inks.length / channels
  const result = new Uint8Array(3 * pixels)
  for (let i = 0; i < pixels; i++) {
    const light = 255 - inks[i * channels + 3]!
    for (let c = 0; c < 3; c++) result[3 * i + c] = Math.max(0, light - timesShare(inks[i * channels + c]!, light))
  }
  return result
}

/** What becomes of grey numbers of 16 bits: their high byte, or themselves with 255 for all larger ones. */
export type Grey16 = 'clip' | 'scale'

/** Grey numbers of 16 bits as bytes. */
export const bytesOfGrey16 = (numbers: Uint16Array, how: Grey16): Uint8Array =>
  Uint8Array.from(numbers, how === 'clip' ? (number) => Math.min(number, 255) : (number) => number >> 8)
