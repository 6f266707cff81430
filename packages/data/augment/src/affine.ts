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
 * The value of a row at an offset from pixel `x`. The arithmetic and its order are those of Pillow, so that the results
 * are equal to the last bit.
 */
type RowReader = (row: number, x: number, at: number) => number

const readers = (
  { data, width, channels }: Pixels,
  channel: number,
): { readonly [name in Interpolation]: RowReader } => {
  const value = (row: number, x: number): number => data[(row * width + clamp(x, width)) * channels + channel]!
  return {
    bilinear: (row, x, at) => linear(value(row, x), value(row, x + 1), at),
    bicubic: (row, x, at) => cubic(value(row, x - 1), value(row, x), value(row, x + 1), value(row, x + 2), at),
  }
}

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
  const reach = interpolation === 'bilinear' ? [0, 1] : [-1, 0, 1, 2]
  for (let channel = 0; channel < channels; channel++) {
    const read = readers(pixels, channel)[interpolation]
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const to = (row * width + column) * channels + channel
        const [x, y] = [a * (column + 0.5) + b * (row + 0.5) + c, d * (column + 0.5) + e * (row + 0.5) + f]
        if (x < 0 || x >= width || y < 0 || y >= height) {
          result[to] = fill[channel] ?? 0
          continue
        }
        const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)]
        const [across, down] = [x - 0.5 - left, y - 0.5 - top]
        // Below the picture Pillow takes the value of the row above again, above it the first row.
        const values: number[] = []
        for (const by of reach) {
          const at = top + by
          values.push(
            values.length > 0 && (at < 0 || at >= height) ? values.at(-1)! : read(clamp(at, height), left, across),
          )
        }
        const [first, second, third, fourth] = values as [number, number, number, number]
        const value =
          interpolation === 'bilinear' ? linear(first, second, down) : cubic(first, second, third, fourth, down)
        // Cut, not rounded.
        result[to] = Math.trunc(value)
      }
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
