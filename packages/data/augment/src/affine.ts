import type { Interpolation, Pixels } from '@resfn/preprocessing'

/** From a place in the result to one in the picture: `x = a * x' + b * y' + c`, `y = d * x' + e * y' + f`. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** How `affine` reads between pixels, and what comes from outside the picture. */
export type AffineOptions = {
  readonly interpolation: Interpolation
  /** A byte for each channel. */
  readonly fill: readonly number[]
}

const clamp = (at: number, length: number): number => (at < 0 ? 0 : at < length ? at : length - 1)

/** A cubic through four values, at `d` from the second to the third. */
const cubic = (a: number, b: number, c: number, d: number, at: number): number =>
  b + at * (-a + c + at * (2 * (a - b) + c - d + at * (-a + b - c + d)))

const linear = (a: number, b: number, at: number): number => a + (b - a) * at

/**
 * Writes one pixel, read at an offset from the pixel in column `left` and row `top`. The arithmetic and its order are
 * those of Pillow, so that the results are equal to the last bit. Below the picture Pillow takes the values of the row
 * above again.
 */
type Sampler = (
  pixels: Pixels,
  at: { readonly left: number; readonly top: number; readonly across: number; readonly down: number },
  result: Uint8ClampedArray,
  to: number,
) => void

const bilinear: Sampler = ({ data, width, height, channels }, { left, top, across, down }, result, to) => {
  const [x0, x1] = [clamp(left, width) * channels, clamp(left + 1, width) * channels]
  const first = clamp(top, height) * width * channels
  const second = top + 1 >= 0 && top + 1 < height ? (top + 1) * width * channels : first
  for (let c = 0; c < channels; c++) {
    const above = linear(data[first + x0 + c]!, data[first + x1 + c]!, across)
    const below = linear(data[second + x0 + c]!, data[second + x1 + c]!, across)
    // Cut, not rounded.
    result[to + c] = Math.trunc(linear(above, below, down))
  }
}

const bicubic: Sampler = ({ data, width, height, channels }, { left, top, across, down }, result, to) => {
  const x0 = clamp(left - 1, width) * channels
  const x1 = clamp(left, width) * channels
  const x2 = clamp(left + 1, width) * channels
  const x3 = clamp(left + 2, width) * channels
  const line = width * channels
  const inside = (row: number, otherwise: number): number => (row >= 0 && row < height ? row * line : otherwise)
  const first = clamp(top - 1, height) * line
  const second = inside(top, first)
  const third = inside(top + 1, second)
  const fourth = inside(top + 2, third)
  for (let c = 0; c < channels; c++) {
    const along = (row: number): number =>
      cubic(data[row + x0 + c]!, data[row + x1 + c]!, data[row + x2 + c]!, data[row + x3 + c]!, across)
    result[to + c] = Math.trunc(cubic(along(first), along(second), along(third), along(fourth), down))
  }
}

const samplers: { readonly [name in Interpolation]: Sampler } = { bilinear, bicubic }

/**
 * Moves, turns or shears a picture; the result has its size.
 *
 * @param pixels any picture
 * @param matrix from a place in the result to one in the picture, in pixels from the upper left corner
 * @param options the interpolation, and what comes from outside
 * @see Pillow, `Image.transform` with `AFFINE`; `src/libImaging/Geometry.c`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { affine } from '@resfn/augment'
 *
 * const picture = { data: new Uint8Array([1, 2, 3]), width: 3, height: 1, channels: 1 } as const
 * const moved = affine(picture, [1, 0, 1, 0, 1, 0], { interpolation: 'bilinear', fill: [9] })
 * assert.deepEqual([...moved.data], [2, 3, 9])
 * ```
 */
export const affine = (pixels: Pixels, [a, b, c, d, e, f]: Matrix, { interpolation, fill }: AffineOptions): Pixels => {
  const { width, height, channels } = pixels
  const result = new Uint8ClampedArray(width * height * channels)
  const sample = samplers[interpolation]
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const to = (row * width + column) * channels
      const [x, y] = [a * (column + 0.5) + b * (row + 0.5) + c, d * (column + 0.5) + e * (row + 0.5) + f]
      if (x < 0 || x >= width || y < 0 || y >= height) {
        for (let channel = 0; channel < channels; channel++) result[to + channel] = fill[channel] ?? 0
        continue
      }
      const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)]
      sample(pixels, { left, top, across: x - 0.5 - left, down: y - 0.5 - top }, result, to)
    }
  return { ...pixels, data: result }
}

/** The number with 15 digits behind the point, as Pillow rounds the matrix of a rotation. */
const rounded = (value: number): number => Number(value.toFixed(15))

/**
 * The matrix that turns a picture around its middle.
 *
 * @param degrees against the clock
 * @see Pillow, `Image.rotate`
 */
export const rotation = (degrees: number, { width, height }: Pick<Pixels, 'width' | 'height'>): Matrix => {
  const angle = (-(((degrees % 360) + 360) % 360) * Math.PI) / 180
  const [cos, sin] = [rounded(Math.cos(angle)), rounded(Math.sin(angle))]
  const minusSin = rounded(-Math.sin(angle))
  const [x, y] = [width / 2, height / 2]
  return [cos, sin, cos * -x + sin * -y + 0 + x, minusSin, cos, minusSin * -x + cos * -y + 0 + y]
}
