import { checkOptions, oneOf, optional, type Rule, type Rules, wholeNumberFrom } from '@resfn/options'
import { type Coefficients, coefficients, type Interpolation } from './coefficients.ts'
import { filterPlainly } from './filter-plainly.ts'
import { filterBySimd } from './filter-by-simd.ts'
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

/** Bytes that the rows of a band may take, in the picture and filtered; more only where one output needs more. */
const bandBytes = 16 * 2 ** 20

/** Outputs of an axis, from one to before another. */
const someOf = ({ start, end, taps, weights }: Coefficients, from: number, to: number): Coefficients => ({
  start: start.subarray(from, to),
  end: end.subarray(from, to),
  taps,
  weights: weights.subarray(from * taps, to * taps),
})

/** The result by bands, so that the memory has a bound however long the picture is. */
const filtered = ({ data, width, channels }: Pixels, across: Coefficients, down: Coefficients): Uint8Array => {
  const filter = filterBySimd() ?? filterPlainly
  const length = width * channels
  const made = across.start.length * (channels === 1 ? 1 : 3)
  const most = Math.floor(bandBytes / Math.max(length, made))
  const count = down.start.length
  const parts: Uint8Array[] = []
  for (let from = 0, to = 0; from < count; from = to) {
    const top = down.start[from]!
    for (to = from + 1; to < count && down.end[to]! - top <= most; to++);
    const own = someOf(down, from, to)
    const rows = data.subarray(top * length, own.end.at(-1)! * length)
    parts.push(filter({ data: rows, width, channels, top, across, down: own }))
  }
  if (parts.length === 1) return parts[0]!
  const result = new Uint8Array(count * made)
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
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
  return {
    data: filtered(pixels, across, down),
    width: window.width,
    height: window.height,
    channels: pixels.channels === 1 ? 1 : 3,
  }
}
