import { withChannels } from './channels.ts'
import type { Pixels, Window } from './pixels.ts'
import { resizePillow } from './resize.ts'

/** Whether light and dark are swapped: always, never, or where the border is light. */
export type Invert = 'auto' | 'yes' | 'no'

/** A picture made like those of a data set, and what was done to it in words. */
export type LikeDataSet = Shown & {
  /** The rectangle of the picture that it shows; what of it lies outside the picture is black. */
  readonly place: Window
}

type Shown = { readonly pixels: Pixels; readonly steps: readonly string[] }

/**
 * A picture with alpha on white, as a page shows it; others stay.
 *
 * @param pixels of any channels
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { onWhite } from '@resfn/preprocessing'
 *
 * const clear = { data: Uint8Array.of(10, 20, 30, 0), width: 1, height: 1, channels: 4 as const }
 * assert.deepEqual([...onWhite(clear).data], [255, 255, 255])
 * ```
 */
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
 * @param pixels the picture
 * @param smallest height and width at least one of which it must exceed
 * @see Xiao et al. 2017, "Fashion-MNIST", section 2, step 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { trimmed } from '@resfn/preprocessing'
 *
 * const dot = { data: Uint8Array.of(0, 0, 0, 0, 9, 99, 0, 0, 0), width: 3, height: 3, channels: 1 as const }
 * assert.deepEqual(trimmed(dot, [1, 1]).place, { top: 1, left: 2, height: 1, width: 1 })
 * ```
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

/**
 * A picture with light and dark swapped where that is asked for, or where its border is light.
 *
 * @param pixels of 1 or 3 channels
 * @param invert whether to swap
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lightOnDark } from '@resfn/preprocessing'
 *
 * const paper = { data: Uint8Array.of(250, 240), width: 2, height: 1, channels: 1 as const }
 * assert.deepEqual([...lightOnDark(paper, 'auto').pixels.data], [5, 15])
 * ```
 */
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

/**
 * Where a size lies around a picture in its middle, in pixels of the picture.
 *
 * @param picture its size
 * @param size the one around it
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { placeAround } from '@resfn/preprocessing'
 *
 * assert.deepEqual(placeAround({ height: 2, width: 4 }, { height: 4, width: 4 }), { top: -1, left: 0, height: 4, width: 4 })
 * ```
 */
export const placeAround = (picture: Size, { height, width }: Size): Window => ({
  top: 0 - middle(picture.height, height),
  left: 0 - middle(picture.width, width),
  height,
  width,
})

/**
 * Where in a picture something lies that has its place in a part of it, which has a size of its own.
 *
 * @param part where the part lies in the picture
 * @param own the size that the part has by itself
 * @param place where the thing lies in the part
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { placeIn } from '@resfn/preprocessing'
 *
 * const part = { top: 10, left: 0, height: 20, width: 20 }
 * const place = { top: 1, left: 1, height: 2, width: 2 }
 * assert.deepEqual(placeIn(part, { height: 10, width: 10 }, place), { top: 12, left: 2, height: 4, width: 4 })
 * ```
 */
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

/**
 * A picture in the middle of a black one with the proportions of a size: nothing of it is cropped or stretched.
 *
 * @param pixels the picture
 * @param proportions height and width
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { inProportions } from '@resfn/preprocessing'
 *
 * const wide = { data: new Uint8Array(8).fill(9), width: 4, height: 2, channels: 1 as const }
 * assert.equal(inProportions(wide, [1, 1]).height, 4)
 * ```
 */
export const inProportions = (pixels: Pixels, [height, width]: readonly [height: number, width: number]): Pixels => {
  const ratio = Math.max(pixels.height / height, pixels.width / width)
  const [tall, wide] = [Math.round(height * ratio), Math.round(width * ratio)]
  return centred(pixels, Math.max(tall, pixels.height), Math.max(wide, pixels.width))
}

/**
 * A picture made like the images of a data set: transparent parts white, grey where the data set is grey, shrunk to
 * fit, light on dark (Fashion-MNIST shows light clothes on black), and centred on black.
 *
 * @param picture of any size and channels
 * @param image height, width and channels of the images of the data set
 * @param invert whether light and dark are swapped
 * @see Xiao et al. 2017, "Fashion-MNIST", section 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { likeDataSet } from '@resfn/preprocessing'
 *
 * const photo = { data: new Uint8Array(56 * 56 * 3).fill(250), width: 56, height: 56, channels: 3 as const }
 * const { pixels, steps } = likeDataSet(photo, [28, 28, 1], 'auto')
 * assert.deepEqual([pixels.width, pixels.channels, pixels.data[0]], [28, 1, 5])
 * assert.equal(steps[0], 'made grey')
 * ```
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
