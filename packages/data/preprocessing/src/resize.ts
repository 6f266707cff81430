import { checkOptions, oneOf, optional, type Rule, type Rules, wholeNumberFrom } from '@resfn/options'
import { type Coefficients, coefficients, type Interpolation, precisionBits } from './coefficients.ts'
import { checkPixels, type Pixels, type Window } from './pixels.ts'

/** What `resizePillow` makes. */
export type PillowResize = {
  /** Size of the whole resized picture. */
  readonly height: number
  readonly width: number
  readonly interpolation: Interpolation
  /** The part of the resized picture that is made; by default all of it. */
  readonly window?: Window
}

const windowRule: Rule = { must: 'a window { top, left, height, width }', holds: (value) => typeof value === 'object' }
const rules: Rules<PillowResize> = {
  height: wholeNumberFrom(1),
  width: wholeNumberFrom(1),
  interpolation: oneOf('bilinear', 'bicubic'),
  window: optional(windowRule),
}

const half = 2 ** (precisionBits - 1)

/** Rows of pixels that lie one behind the other. */
type Rows = { readonly data: Pixels['data']; readonly width: number; readonly channels: number; readonly rows: number }

/** Filters along the rows of a grey picture. */
const filterGreyRows = ({ data, width, rows }: Rows, { start, end, taps, weights }: Coefficients): Rows => {
  const count = start.length
  const result = new Uint8ClampedArray(rows * count)
  for (let y = 0; y < rows; y++) {
    for (let i = 0; i < count; i++) {
      const from = y * width + start[i]!
      const length = end[i]! - start[i]!
      let sum = half
      for (let k = 0; k < length; k++) sum = (sum + Math.imul(data[from + k]!, weights[i * taps + k]!)) | 0
      result[y * count + i] = sum >> precisionBits
    }
  }
  return { data: result, width: count, channels: 1, rows }
}

/** Filters along the rows of a picture in colour; a fourth channel is left out. */
const filterColourRows = ({ data, width, channels, rows }: Rows, { start, end, taps, weights }: Coefficients): Rows => {
  const count = start.length
  const result = new Uint8ClampedArray(rows * count * 3)
  let to = 0
  for (let y = 0; y < rows; y++) {
    for (let i = 0; i < count; i++) {
      const length = end[i]! - start[i]!
      let from = (y * width + start[i]!) * channels
      let [red, green, blue] = [half, half, half]
      for (let k = 0; k < length; k++) {
        const weight = weights[i * taps + k]!
        red = (red + Math.imul(data[from]!, weight)) | 0
        green = (green + Math.imul(data[from + 1]!, weight)) | 0
        blue = (blue + Math.imul(data[from + 2]!, weight)) | 0
        from += channels
      }
      result[to] = red >> precisionBits
      result[to + 1] = green >> precisionBits
      result[to + 2] = blue >> precisionBits
      to += 3
    }
  }
  return { data: result, width: count, channels: 3, rows }
}

/** Four rows with their weights: enough for one output of a picture that is not made much smaller. */
type Four = {
  readonly rows: readonly [Pixels['data'], Pixels['data'], Pixels['data'], Pixels['data']]
  readonly weights: readonly [number, number, number, number]
}

const addFour = (sums: Int32Array, { rows: [a, b, c, d], weights: [u, v, w, x] }: Four): void => {
  for (let j = 0; j < sums.length; j++)
    sums[j] = (sums[j]! + Math.imul(a[j]!, u) + Math.imul(b[j]!, v) + Math.imul(c[j]!, w) + Math.imul(d[j]!, x)) | 0
}

/** The same without sums in between, which takes half of the time. */
const writeFour = (result: Uint8ClampedArray, { rows: [a, b, c, d], weights: [u, v, w, x] }: Four): void => {
  for (let j = 0; j < result.length; j++)
    result[j] =
      (half + Math.imul(a[j]!, u) + Math.imul(b[j]!, v) + Math.imul(c[j]!, w) + Math.imul(d[j]!, x)) >> precisionBits
}

/** Filters down the columns; the first row of the data is row `top` of the picture. */
const filterColumns = (
  { data, width, channels }: Rows,
  { start, end, taps, weights }: Coefficients,
  top: number,
): Rows => {
  const length = width * channels
  const result = new Uint8ClampedArray(start.length * length)
  const sums = new Int32Array(length)
  for (let i = 0; i < start.length; i++) {
    const first = start[i]! - top
    const count = end[i]! - start[i]!
    // Beyond the last row the first one stands in, with the weight 0.
    const row = (k: number): Pixels['data'] => {
      const y = k < count ? first + k : first
      return data.subarray(y * length, (y + 1) * length)
    }
    const weight = (k: number): number => (k < count ? weights[i * taps + k]! : 0)
    const four = (k: number): Four => ({
      rows: [row(k), row(k + 1), row(k + 2), row(k + 3)],
      weights: [weight(k), weight(k + 1), weight(k + 2), weight(k + 3)],
    })
    const to = result.subarray(i * length, (i + 1) * length)
    if (count <= 4) {
      writeFour(to, four(0))
      continue
    }
    sums.fill(half)
    for (let k = 0; k < count; k += 4) addFour(sums, four(k))
    for (let j = 0; j < length; j++) to[j] = sums[j]! >> precisionBits
  }
  return { data: result, width, channels, rows: start.length }
}

/** The rows of a picture that an axis reads. */
const rowsOf = ({ data, width, channels }: Pixels, { start, end }: Coefficients): Rows => {
  const length = width * channels
  const [top, bottom] = [start[0]!, end.at(-1)!]
  return { data: data.subarray(top * length, bottom * length), width, channels, rows: bottom - top }
}

/**
 * Resizes a picture exactly as `Image.resize` of Pillow does: antialiased, first the rows and then the columns, each
 * with weights of 22 bits, rounded to bytes in between. Every byte is the same.
 *
 * A fourth channel is left out, as `convert('RGB')` leaves it out before the resize.
 *
 * @param pixels `height * width * channels` bytes
 * @param options size and interpolation; a `window` makes only that part of the result, which takes less time
 * @returns RGB or grey
 * @throws RangeError if an option is wrong or the window is not inside the result
 * @see Pillow, `src/libImaging/Resample.c`, `ImagingResample`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resizePillow } from '@resfn/preprocessing'
 *
 * const edge = { data: new Uint8Array([0, 0, 255, 255]), width: 4, height: 1, channels: 1 } as const
 * const wide = resizePillow(edge, { height: 1, width: 8, interpolation: 'bilinear' })
 * assert.deepEqual([...wide.data], [0, 0, 0, 64, 191, 255, 255, 255])
 * ```
 */
export const resizePillow = (pixels: Pixels, options: PillowResize): Pixels => {
  checkPixels('resizePillow', pixels)
  checkOptions('resizePillow', options, rules)
  const { height, width, interpolation, window = { top: 0, left: 0, height, width } } = options
  const inside = (first: number, count: number, length: number): boolean =>
    Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count > 0 && first + count <= length
  if (!inside(window.top, window.height, height) || !inside(window.left, window.width, width))
    throw new RangeError(
      `resizePillow: the window of ${window.height} x ${window.width} at ${window.top}, ${window.left} is not inside ${height} x ${width}`,
    )
  const across = coefficients({
    from: pixels.width,
    to: width,
    first: window.left,
    count: window.width,
    interpolation,
  })
  const down = coefficients({
    from: pixels.height,
    to: height,
    first: window.top,
    count: window.height,
    interpolation,
  })
  const filterRows = pixels.channels === 1 ? filterGreyRows : filterColourRows
  const { data, channels } = filterColumns(filterRows(rowsOf(pixels, down), across), down, down.start[0]!)
  return { data, width: window.width, height: window.height, channels: channels === 1 ? 1 : 3 }
}
