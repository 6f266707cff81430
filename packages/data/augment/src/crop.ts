import { type Interpolation, type Pixels, resizePillow, type Window } from '@resfn/preprocessing'
import { fold, integers, type Key, uniform } from '@resfn/random'

/** What part of a picture `drawCrop` takes. */
export type CropRange = {
  /** The share of the area, from and to; by default 0.08 to 1. */
  readonly scale?: readonly [from: number, to: number]
  /** Width divided by height, from and to; by default 3/4 to 4/3. */
  readonly ratio?: readonly [from: number, to: number]
}

/** How often a part is drawn before the middle is taken. */
const attempts = 10

const between = (key: Key, [from, to]: readonly [number, number]): number => from + (to - from) * uniform(key, 1)[0]!

/** The largest part in the middle whose ratio of sides is allowed. */
const middle = (width: number, height: number, [low, high]: readonly [number, number]): Window => {
  const ratio = width / height
  const size =
    ratio < low
      ? { width, height: Math.max(1, Math.round(width / low)) }
      : ratio > high
        ? { width: Math.max(1, Math.round(height * high)), height }
        : { width, height }
  return { top: Math.floor((height - size.height) / 2), left: Math.floor((width - size.width) / 2), ...size }
}

/**
 * Draws the part of a picture that Inception's random crop takes: its share of the area evenly, its ratio of sides
 * evenly in logarithms, its place evenly. After ten draws that do not fit it is the middle.
 *
 * @param size of the picture, in pixels
 * @param range see `CropRange`
 * @param key the random key
 * @see Szegedy et al., "Going deeper with convolutions" (2015), section 6
 * @see timm, `RandomResizedCropAndInterpolation` of `data/transforms.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { drawCrop } from '@resfn/augment'
 * import { key } from '@resfn/random'
 *
 * const { top, height } = drawCrop({ width: 40, height: 30 }, { scale: [0.25, 0.5] }, key(0))
 * assert.ok(top >= 0 && top + height <= 30)
 * ```
 */
export const drawCrop = (
  { width, height }: Pick<Pixels, 'width' | 'height'>,
  { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] }: CropRange,
  key: Key,
): Window => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const own = fold(key, attempt)
    const area = between(fold(own, 'area'), scale) * width * height
    const sides = Math.exp(between(fold(own, 'ratio'), [Math.log(ratio[0]), Math.log(ratio[1])]))
    const [across, down] = [Math.round(Math.sqrt(area * sides)), Math.round(Math.sqrt(area / sides))]
    if (across < 1 || down < 1 || across > width || down > height) continue
    const [top] = integers(fold(own, 'top'), 1, { low: 0, high: height - down + 1 })
    const [left] = integers(fold(own, 'left'), 1, { low: 0, high: width - across + 1 })
    return { top: top!, left: left!, width: across, height: down }
  }
  return middle(width, height, ratio)
}

/**
 * A part of a picture.
 *
 * @throws RangeError if it is not inside the picture
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { crop } from '@resfn/augment'
 *
 * const picture = { data: new Uint8Array([1, 2, 3, 4, 5, 6]), width: 3, height: 2, channels: 1 } as const
 * assert.deepEqual([...crop(picture, { top: 0, left: 1, height: 2, width: 2 }).data], [2, 3, 5, 6])
 * ```
 */
export const crop = ({ data, width, height, channels }: Pixels, window: Window): Pixels => {
  const { top, left } = window
  if (top < 0 || left < 0 || top + window.height > height || left + window.width > width)
    throw new RangeError(
      `crop: ${window.width} x ${window.height} pixels at ${left}, ${top} are not inside ${width} x ${height}`,
    )
  const row = window.width * channels
  const result = new Uint8Array(window.height * row)
  for (let y = 0; y < window.height; y++) {
    const from = ((top + y) * width + left) * channels
    result.set(data.subarray(from, from + row), y * row)
  }
  return { data: result, width: window.width, height: window.height, channels }
}

/**
 * A part of a picture, resized as Pillow does.
 *
 * @see torchvision, `resized_crop` on a picture of Pillow
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resizedCrop } from '@resfn/augment'
 *
 * const picture = { data: new Uint8Array([0, 100, 200, 9]), width: 4, height: 1, channels: 1 } as const
 * const part = { top: 0, left: 1, height: 1, width: 2 }
 * assert.deepEqual([...resizedCrop(picture, part, { height: 1, width: 1, interpolation: 'bilinear' }).data], [150])
 * ```
 */
export const resizedCrop = (
  pixels: Pixels,
  window: Window,
  size: { readonly height: number; readonly width: number; readonly interpolation: Interpolation },
): Pixels => resizePillow(crop(pixels, window), size)

/**
 * A picture mirrored left to right.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mirror } from '@resfn/augment'
 *
 * assert.deepEqual([...mirror({ data: new Uint8Array([1, 2, 3]), width: 3, height: 1, channels: 1 }).data], [3, 2, 1])
 * ```
 */
export const mirror = (pixels: Pixels): Pixels => {
  const { data, width, height, channels } = pixels
  const result = new Uint8Array(data.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        result[(y * width + x) * channels + c] = data[(y * width + width - 1 - x) * channels + c]!
  return { ...pixels, data: result }
}
