import { type Pixels, resizePillow, withChannels } from '@resfn/preprocessing'

/** Whether light and dark are swapped: always, never, or where the border is light. */
export type Invert = 'auto' | 'yes' | 'no'

/** A picture made like those of a data set, and what was done to it in words. */
export type LikeDataSet = { readonly pixels: Pixels; readonly steps: readonly string[] }

/** A picture with alpha on white, as a page shows it. */
export const onWhite = (pixels: Pixels): Pixels => {
  if (pixels.channels !== 4) return pixels
  const { data, width, height } = pixels
  const result = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    const share = data[4 * i + 3]! / 255
    for (let c = 0; c < 3; c++) result[3 * i + c] = Math.round(data[4 * i + c]! * share + 255 * (1 - share))
  }
  return { data: result, width, height, channels: 3 }
}

/** The mean of the pixels at the edge: the background, where an image shows one thing. */
const borderMean = ({ data, width, height, channels }: Pixels): number => {
  let [total, counted] = [0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (y > 0 && y < height - 1 && x > 0 && x < width - 1) continue
      for (let c = 0; c < channels; c++) total += data[(y * width + x) * channels + c]!
      counted += channels
    }
  }
  return total / counted
}

/** A picture with light and dark swapped where that is asked for, or where its border is light. */
export const lightOnDark = (pixels: Pixels, invert: Invert): LikeDataSet => {
  const isLight = borderMean(pixels) > 127
  const swaps = invert === 'yes' || (invert === 'auto' && isLight)
  const why = invert === 'auto' ? `its border is ${isLight ? 'light' : 'dark'}` : 'as asked'
  return {
    pixels: swaps ? { ...pixels, data: pixels.data.map((value) => 255 - value) } : pixels,
    steps: [`${swaps ? 'light and dark swapped' : 'light and dark kept'} (${why})`],
  }
}

/** As large as fits into a size, in its proportions. */
const shrunkToFit = (pixels: Pixels, height: number, width: number): Pixels => {
  const ratio = Math.min(height / pixels.height, width / pixels.width)
  const fitted = (length: number): number => Math.max(1, Math.round(length * ratio))
  return resizePillow(pixels, {
    height: fitted(pixels.height),
    width: fitted(pixels.width),
    interpolation: 'bicubic',
  })
}

/** The picture in the middle of a black one. */
const centred = (pixels: Pixels, height: number, width: number): Pixels => {
  const { channels } = pixels
  const data = new Uint8Array(height * width * channels)
  const [top, left] = [Math.floor((height - pixels.height) / 2), Math.floor((width - pixels.width) / 2)]
  const row = pixels.width * channels
  for (let y = 0; y < pixels.height; y++)
    data.set(pixels.data.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * channels)
  return { data, width, height, channels }
}

/**
 * A picture made like the images of a data set: transparent parts white, grey where the data set is grey, shrunk to
 * fit, light on dark (Fashion-MNIST shows light clothes on black), and centred on black.
 */
export const likeDataSet = (
  picture: Pixels,
  [height, width, channels]: readonly [height: number, width: number, channels: 1 | 3],
  invert: Invert,
): LikeDataSet => {
  const { pixels, steps } = lightOnDark(shrunkToFit(withChannels(onWhite(picture), channels), height, width), invert)
  return {
    pixels: centred(pixels, height, width),
    steps: [...(channels === 1 ? ['made grey'] : []), `shrunk to fit ${width} x ${height}`, ...steps],
  }
}
