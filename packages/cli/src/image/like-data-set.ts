import { type Pixels, resizePillow, type Window, withChannels } from '@resfn/preprocessing'

/** Whether light and dark are swapped: always, never, or where the border is light. */
export type Invert = 'auto' | 'yes' | 'no'

/** A picture made like those of a data set, and what was done to it in words. */
export type LikeDataSet = Shown & {
  /** The rectangle of the picture that it shows; what of it lies outside the picture is black. */
  readonly place: Window
}

type Shown = { readonly pixels: Pixels; readonly steps: readonly string[] }

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

// As Fashion-MNIST was made: 5 % of the largest intensity.
const likeCorner = 0.05 * 255

/** The rows or columns from the first to the last that holds something. */
const spanOf = (length: number, holds: (at: number) => boolean): readonly [from: number, to: number] => {
  let [from, to] = [0, length]
  while (from < to && !holds(from)) from += 1
  while (to > from && !holds(to - 1)) to -= 1
  return [from, to]
}

/**
 * A grey picture without the margins that have the shade of its corner, so that the thing fills it; one of a single
 * shade, and one that is as small as `smallest`, stay.
 *
 * @see Xiao et al. 2017, "Fashion-MNIST", section 2, step 2
 */
export const trimmed = (
  pixels: Pixels,
  [height, width]: readonly [height: number, width: number, ...rest: unknown[]],
): LikeDataSet => {
  const whole = { pixels, steps: [], place: { top: 0, left: 0, height: pixels.height, width: pixels.width } }
  if (pixels.channels !== 1 || (pixels.height <= height && pixels.width <= width)) return whole
  const { data } = pixels
  const differs = (y: number, x: number): boolean => Math.abs(data[y * pixels.width + x]! - data[0]!) > likeCorner
  const some = (length: number, holds: (at: number) => boolean): boolean => {
    for (let at = 0; at < length; at++) if (holds(at)) return true
    return false
  }
  const [top, bottom] = spanOf(pixels.height, (y) => some(pixels.width, (x) => differs(y, x)))
  const [left, right] = spanOf(pixels.width, (x) => some(pixels.height, (y) => differs(y, x)))
  const size = { height: bottom - top, width: right - left }
  if (size.height === 0 || (size.height === pixels.height && size.width === pixels.width)) return whole
  const inside = new Uint8Array(size.height * size.width)
  for (let y = 0; y < size.height; y++) {
    const row = (top + y) * pixels.width
    inside.set(data.subarray(row + left, row + right), y * size.width)
  }
  return {
    pixels: { data: inside, ...size, channels: 1 },
    steps: ['margins of one shade cut off'],
    place: { top, left, ...size },
  }
}

/** A picture with light and dark swapped where that is asked for, or where its border is light. */
export const lightOnDark = (pixels: Pixels, invert: Invert): Shown => {
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

/** Where something lies in the middle of a length. */
const middle = (length: number, whole: number): number => Math.floor((whole - length) / 2)

type Size = Pick<Pixels, 'height' | 'width'>

/** Where a size lies around a picture in its middle, in pixels of the picture. */
export const placeAround = (picture: Size, { height, width }: Size): Window => ({
  top: 0 - middle(picture.height, height),
  left: 0 - middle(picture.width, width),
  height,
  width,
})

/** Where in a picture something lies that has its place in a part of it, which has a size of its own. */
export const placeIn = (part: Window, own: Size, place: Window): Window => {
  const [down, across] = [part.height / own.height, part.width / own.width]
  return {
    top: part.top + place.top * down,
    left: part.left + place.left * across,
    height: place.height * down,
    width: place.width * across,
  }
}

/** The picture in the middle of a black one. */
const centred = (pixels: Pixels, height: number, width: number): Pixels => {
  const { channels } = pixels
  const data = new Uint8Array(height * width * channels)
  const [top, left] = [middle(pixels.height, height), middle(pixels.width, width)]
  const row = pixels.width * channels
  for (let y = 0; y < pixels.height; y++)
    data.set(pixels.data.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * channels)
  return { data, width, height, channels }
}

/** A picture in the middle of a black one with the proportions of a size: nothing of it is cropped or stretched. */
export const inProportions = (pixels: Pixels, [height, width]: readonly [height: number, width: number]): Pixels => {
  const ratio = Math.max(pixels.height / height, pixels.width / width)
  const [tall, wide] = [Math.round(height * ratio), Math.round(width * ratio)]
  return centred(pixels, Math.max(tall, pixels.height), Math.max(wide, pixels.width))
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
  // Margins stay: a data set may tell classes by where a thing lies.
  const whole = { top: 0, left: 0, height: picture.height, width: picture.width }
  const shrunk = shrunkToFit(withChannels(onWhite(picture), channels), height, width)
  const { pixels, steps } = lightOnDark(shrunk, invert)
  return {
    pixels: centred(pixels, height, width),
    place: placeIn(whole, pixels, placeAround(pixels, { height, width })),
    steps: [...(channels === 1 ? ['made grey'] : []), `shrunk to fit ${width} x ${height}`, ...steps],
  }
}
