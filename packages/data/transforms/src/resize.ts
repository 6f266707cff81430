import { checkOptions, flag, optional, type Rules, wholeNumberFrom } from '@resfn/options'
import type { Images } from './images.ts'

/** The size to which `resize` brings images, in pixels. */
export type ResizeOptions = {
  readonly height: number
  readonly width: number
  /** Shrinking averages over the area of an output pixel, as Pillow does; by default true. */
  readonly antialias?: boolean
}

const rules: Rules<ResizeOptions> = {
  height: wholeNumberFrom(1),
  width: wholeNumberFrom(1),
  antialias: optional(flag),
}

/**
 * The weights of one axis: output `i` is the sum of `taps` inputs from `start[i]` on, weighted by `weights[i * taps
 * …]`.
 */
type Filter = { readonly taps: number; readonly start: Int32Array; readonly weights: Float32Array }

/**
 * The triangle filter around the half-pixel centre `(i + 0.5) * from / to`, its weights normalised inside the image.
 * Without antialias its half-width is one input pixel; with it, when shrinking, one output pixel.
 */
const triangle = (from: number, to: number, antialias: boolean): Filter => {
  const scale = from / to
  const stretch = antialias ? Math.max(scale, 1) : 1
  const taps = Math.min(from, 2 * Math.ceil(stretch) + 1)
  const start = new Int32Array(to)
  const weights = new Float32Array(to * taps)
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale
    const first = Math.min(Math.max(Math.floor(centre - stretch + 0.5), 0), from - taps)
    const row = Array.from({ length: taps }, (_, k) => Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / stretch))
    const total = row.reduce((sum, weight) => sum + weight, 0)
    start[i] = first
    row.forEach((weight, k) => (weights[i * taps + k] = weight / total))
  }
  return { taps, start, weights }
}

/**
 * Filters the middle axis of `[outer, from, inner]`. The inner loop scales and adds rows of `inner` numbers, which lie
 * side by side.
 */
const filterAxis = (
  values: Float32Array,
  outer: number,
  from: number,
  to: number,
  inner: number,
  { taps, start, weights }: Filter,
): Float32Array => {
  const result = new Float32Array(outer * to * inner)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      const at = (o * to + i) * inner
      for (let k = 0; k < taps; k++) {
        const weight = weights[i * taps + k]!
        if (weight === 0) continue
        const source = (o * from + start[i]! + k) * inner
        for (let j = 0; j < inner; j++) result[at + j]! += weight * values[source + j]!
      }
    }
  }
  return result
}

/**
 * Bilinear resize with half-pixel centres; shrinking with antialias widens the filter to one output pixel, as PIL does.
 * Equal to `torch.nn.functional.interpolate(mode='bilinear', align_corners=False, antialias=…)` to float32 rounding.
 *
 * @param options `height` and `width` of the output in pixels; `antialias`, by default true, matters only when
 * shrinking
 * @throws RangeError if an option is wrong
 * @see PyTorch's `interpolate`; Pillow's `Image.resize` with `BILINEAR`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resize } from '@resfn/transforms'
 *
 * const { images } = resize({ height: 1, width: 4 })({ images: new Float32Array([0, 1]), shape: [1, 1, 2, 1] })
 * assert.deepEqual(images, new Float32Array([0, 0.25, 0.75, 1]))
 * ```
 */
export const resize = (options: ResizeOptions): ((images: Images) => Images) => {
  checkOptions('resize', options, rules)
  const { height, width, antialias = true } = options
  return ({ images, shape: [count, fromHeight, fromWidth, channels] }) => {
    const wide =
      fromWidth === width
        ? images
        : filterAxis(images, count * fromHeight, fromWidth, width, channels, triangle(fromWidth, width, antialias))
    const both =
      fromHeight === height
        ? wide
        : filterAxis(wide, count, fromHeight, height, width * channels, triangle(fromHeight, height, antialias))
    return { images: both, shape: [count, height, width, channels] }
  }
}
