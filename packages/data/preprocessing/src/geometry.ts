import type { Pixels, Window } from './pixels.ts'
import type { Preprocessing } from './preprocessing.ts'
import type { PillowResize } from './resize.ts'

/** A size in pixels. */
type Size = readonly [height: number, width: number]

/** Python's `round`: halves go to the even neighbour. */
const roundHalfToEven = (x: number): number => {
  const below = Math.floor(x)
  if (x - below !== 0.5) return Math.round(x)
  return below % 2 === 0 ? below : below + 1
}

/** Torchvision's `Resize` with one number: the short side becomes it, the long side is cut to a whole number. */
const shortSideTo = ([height, width]: Size, side: number): Size => {
  const long = Math.trunc((side * Math.max(height, width)) / Math.min(height, width))
  return width <= height ? [long, side] : [side, long]
}

/** Timm's `ResizeKeepRatio`. */
const divided = ([height, width]: Size, ratio: number): Size => [
  roundHalfToEven(height / ratio),
  roundHalfToEven(width / ratio),
]

type Resized = { readonly size: Size; readonly interpolation: Preprocessing['interpolation'] }

const resized = (from: Size, { size, cropFraction, cropMode, interpolation }: Preprocessing): Resized => {
  const target: Size = [Math.floor(size[0] / cropFraction), Math.floor(size[1] / cropFraction)]
  const ratios = [from[0] / target[0], from[1] / target[1]] as const
  if (cropMode === 'squash') return { size: target, interpolation }
  if (cropMode === 'border') return { size: divided(from, Math.max(...ratios)), interpolation }
  if (target[0] === target[1]) return { size: shortSideTo(from, target[0]), interpolation }
  // For a crop that is not square timm leaves the interpolation at its default.
  return { size: divided(from, Math.min(...ratios)), interpolation: 'bilinear' }
}

/** Where one axis of the crop begins in the picture, where in the result, and how long it is. */
type Overlap = { readonly from: number; readonly to: number; readonly length: number }

/** The middle `crop` of `length` pixels. Where the picture is shorter, padding goes around it. */
const centre = (length: number, crop: number): Overlap =>
  crop > length
    ? { from: 0, to: Math.floor((crop - length) / 2), length }
    : { from: roundHalfToEven((length - crop) / 2), to: 0, length: crop }

/** How a picture becomes one of the size of the net. */
export type Geometry = {
  /** The resize, and the part of it that is used. */
  readonly resize: Required<PillowResize>
  /** Where that part lies in the result; the rest is padding. */
  readonly top: number
  readonly left: number
}

/**
 * How timm resizes and crops a picture of a size.
 *
 * @see timm, `data/transforms_factory.py` and `data/transforms.py`; torchvision, `transforms/functional.py`
 */
export const geometryOf = (
  { height, width }: Pick<Pixels, 'height' | 'width'>,
  preprocessing: Preprocessing,
): Geometry => {
  const found = resized([height, width], preprocessing)
  const size: Size = [Math.max(1, found.size[0]), Math.max(1, found.size[1])]
  const down = centre(size[0], preprocessing.size[0])
  const across = centre(size[1], preprocessing.size[1])
  const window: Window = { top: down.from, left: across.from, height: down.length, width: across.length }
  return {
    resize: { height: size[0], width: size[1], interpolation: found.interpolation, window },
    top: down.to,
    left: across.to,
  }
}

/**
 * Where in a picture a net sees: the rectangle that becomes its input, in pixels of the picture, whole or not. What of
 * it lies outside the picture is padding.
 *
 * @param picture its height and width
 * @param preprocessing that of the net
 * @see timm, `data/transforms_factory.py`, `transforms_imagenet_eval`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { placeOf } from '@resfn/preprocessing'
 *
 * const half = { size: [8, 8], channels: 1, mean: [0], std: [1], interpolation: 'bicubic', cropFraction: 0.5, cropMode: 'center' } as const
 * assert.deepEqual(placeOf({ height: 32, width: 64 }, half), { top: 8, left: 24, height: 16, width: 16 })
 * ```
 */
export const placeOf = (picture: Pick<Pixels, 'height' | 'width'>, preprocessing: Preprocessing): Window => {
  const { resize, top, left } = geometryOf(picture, preprocessing)
  const { window } = resize
  const [down, across] = [picture.height / resize.height, picture.width / resize.width]
  return {
    top: (window.top - top) * down,
    left: (window.left - left) * across,
    height: preprocessing.size[0] * down,
    width: preprocessing.size[1] * across,
  }
}

/** The bytes of the padding: the mean in border mode, else black. */
export const paddingOf = ({ cropMode, mean, channels }: Preprocessing): readonly number[] =>
  cropMode === 'border' ? mean.map((value) => roundHalfToEven(255 * value)) : new Array<number>(channels).fill(0)
