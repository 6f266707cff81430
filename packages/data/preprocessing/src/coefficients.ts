/** How a pixel between others is made of them. */
export type Interpolation = 'bilinear' | 'bicubic'

/** The outputs of one axis of a resize that are made: `count` of `to`, from `first` on, out of `from` inputs. */
export type Axis = {
  readonly from: number
  readonly to: number
  readonly first: number
  readonly count: number
  readonly interpolation: Interpolation
}

/**
 * The i-th output is the sum of the inputs from `start[i]` to before `end[i]`, times `weights[i * taps …] / 2^22`. The
 * number of taps is a multiple of 4, and weights beyond the end are 0.
 */
export type Coefficients = {
  readonly start: Int32Array
  readonly end: Int32Array
  readonly taps: number
  readonly weights: Int32Array
}

/** Pillow's fixed point: 32 bits without 8 for the pixel and 2 for sums beyond it. */
export const precisionBits = 22

type Kernel = { readonly support: number; readonly weight: (x: number) => number }

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x))

/** Keys' cubic convolution with a = -0.5. */
const cubic = (x: number): number => {
  const a = -0.5
  const d = Math.abs(x)
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0
}

const kernels: { readonly [name in Interpolation]: Kernel } = {
  bilinear: { support: 1, weight: triangle },
  bicubic: { support: 2, weight: cubic },
}

const toFixed = (weight: number): number => Math.trunc(weight * 2 ** precisionBits + (weight < 0 ? -0.5 : 0.5))

/** The order of operations is that of Pillow, so that the last bit is the same too. */
const make = ({ from, to, first, count, interpolation }: Axis): Coefficients => {
  const { support: radius, weight } = kernels[interpolation]
  const scale = from / to
  const stretch = Math.max(scale, 1)
  const support = radius * stretch
  const start = new Int32Array(count)
  const end = new Int32Array(count)
  let most = 0
  for (let i = 0; i < count; i++) {
    const centre = (first + i + 0.5) * scale
    start[i] = Math.max(0, Math.trunc(centre - support + 0.5))
    end[i] = Math.min(from, Math.trunc(centre + support + 0.5))
    most = Math.max(most, end[i]! - start[i]!)
  }
  const taps = 4 * Math.ceil(most / 4)
  const weights = new Int32Array(count * taps)
  const row = new Float64Array(taps)
  const step = 1 / stretch
  for (let i = 0; i < count; i++) {
    const centre = (first + i + 0.5) * scale
    const low = start[i]!
    const length = end[i]! - low
    let total = 0
    for (let k = 0; k < length; k++) total += row[k] = weight((k + low - centre + 0.5) * step)
    for (let k = 0; k < length; k++) weights[i * taps + k] = toFixed(total === 0 ? row[k]! : row[k]! / total)
  }
  return { start, end, taps, weights }
}

const kept = new Map<string, Coefficients>()
const most = 64

/**
 * The weights of a resize along one axis. The last ones are kept, because pictures of a folder have few sizes.
 *
 * @see Pillow, `src/libImaging/Resample.c`, `precompute_coeffs` and `normalize_coeffs_8bpc`
 */
export const coefficients = (axis: Axis): Coefficients => {
  const name = `${axis.from} ${axis.to} ${axis.first} ${axis.count} ${axis.interpolation}`
  const found = kept.get(name) ?? make(axis)
  kept.delete(name)
  kept.set(name, found)
  if (kept.size > most) kept.delete(kept.keys().next().value!)
  return found
}
