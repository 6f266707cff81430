import { checkOptions, oneOf, type Rule, type Rules } from '@resfn/options'
import { withChannels } from './channels.ts'
import { geometryOf, paddingOf } from './geometry.ts'
import { checkPixels, type Pixels } from './pixels.ts'
import type { Preprocessing } from './preprocessing.ts'
import { resizePillow } from './resize.ts'

const sides: Rule = {
  must: 'a list of two whole numbers, height and width',
  holds: (value) =>
    Array.isArray(value) && value.length === 2 && value.every((side) => Number.isInteger(side) && side > 0),
}
const numbers: Rule = {
  must: 'a list of finite numbers, one for each channel',
  holds: (value) => Array.isArray(value) && value.every(Number.isFinite),
}
const rules: Rules<Preprocessing> = {
  size: sides,
  channels: oneOf(1, 3),
  mean: numbers,
  std: {
    must: 'a list of numbers above 0, one for each channel',
    holds: (value) => numbers.holds(value) && (value as readonly number[]).every((std) => std > 0),
  },
  interpolation: oneOf('bilinear', 'bicubic'),
  cropFraction: { must: 'a finite number above 0', holds: (value) => Number.isFinite(value) && (value as number) > 0 },
  cropMode: oneOf('center', 'squash', 'border'),
}

const check = (preprocessing: Preprocessing): void => {
  checkOptions('preprocessing', preprocessing, rules)
  const { channels, mean, std } = preprocessing
  if (mean.length !== channels || std.length !== channels)
    throw new RangeError(
      `preprocessing: ${channels} channels need ${channels} means and deviations, not mean [${mean.join(', ')}] and std [${std.join(', ')}]`,
    )
}

type Padding = {
  readonly height: number
  readonly width: number
  readonly top: number
  readonly left: number
  readonly padding: readonly number[]
}

/** A picture with padding around it. */
const padded = (pixels: Pixels, { height, width, top, left, padding }: Padding): Pixels => {
  const { channels } = pixels
  if (pixels.height === height && pixels.width === width) return pixels
  const data = new Uint8Array(height * width * channels)
  for (let i = 0; i < data.length; i++) data[i] = padding[i % channels]!
  const length = pixels.width * channels
  for (let y = 0; y < pixels.height; y++)
    data.set(pixels.data.subarray(y * length, (y + 1) * length), ((top + y) * width + left) * channels)
  return { data, width, height, channels }
}

/**
 * What a net sees of a picture, as bytes: resized, cropped or padded to `preprocessing.size`, in its channels.
 *
 * @param pixels a picture of any size; alpha is left out
 * @param preprocessing that of the net
 * @returns `size[0] * size[1] * channels` bytes
 * @throws RangeError if the picture or the preprocessing is wrong
 * @see timm, `data/transforms_factory.py`, `transforms_imagenet_eval`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fitPixels, type Preprocessing } from '@resfn/preprocessing'
 *
 * const grey: Preprocessing = {
 *   size: [2, 2],
 *   channels: 1,
 *   mean: [0.5],
 *   std: [0.5],
 *   interpolation: 'bilinear',
 *   cropFraction: 1,
 *   cropMode: 'center',
 * }
 * const wide = { data: new Uint8Array([9, 10, 30, 9, 9, 20, 40, 9]), width: 4, height: 2, channels: 1 } as const
 * assert.deepEqual([...fitPixels(wide, grey).data], [10, 30, 20, 40])
 * ```
 */
export const fitPixels = (pixels: Pixels, preprocessing: Preprocessing): Pixels => {
  check(preprocessing)
  checkPixels('fitPixels', pixels)
  const { size, channels } = preprocessing
  const { resize, top, left } = geometryOf(pixels, preprocessing)
  // Grey becomes RGB after the resize, and RGB grey before it: that is less work, and the order of Pillow.
  const fitted = withChannels(resizePillow(channels === 1 ? withChannels(pixels, 1) : pixels, resize), channels)
  return padded(fitted, { height: size[0], width: size[1], top, left, padding: paddingOf(preprocessing) })
}

/** `(byte / 255 - mean) / std` of each byte, rounded to float32 after each step as PyTorch does. */
const table = (mean: number, std: number): Float32Array =>
  Float32Array.from({ length: 256 }, (_, byte) =>
    Math.fround(Math.fround(Math.fround(byte / 255) - Math.fround(mean)) / Math.fround(std)),
  )

/**
 * A picture as a net takes it: `fitPixels`, then `(byte / 255 - mean) / std` of each channel.
 *
 * @param pixels a picture of any size, such as the `ImageData` of a page with `channels: 4`
 * @param preprocessing that of the net
 * @param into where the numbers are written, such as a part of a batch; by default a new array
 * @returns `[height, width, channels]`, channels last
 * @throws RangeError if the picture or the preprocessing is wrong, or `into` has another length
 * @see timm, `data/transforms_factory.py`, `transforms_imagenet_eval`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { preprocess } from '@resfn/preprocessing'
 *
 * const white = { data: new Uint8Array(30 * 40 * 4).fill(255), width: 40, height: 30, channels: 4 } as const
 * const x = preprocess(white, {
 *   size: [16, 16],
 *   channels: 3,
 *   mean: [0.5, 0.5, 0.5],
 *   std: [0.25, 0.25, 0.25],
 *   interpolation: 'bicubic',
 *   cropFraction: 0.875,
 *   cropMode: 'center',
 * })
 * assert.deepEqual(x, new Float32Array(16 * 16 * 3).fill(2))
 * ```
 */
export const preprocess = (pixels: Pixels, preprocessing: Preprocessing, into?: Float32Array): Float32Array =>
  standardise(fitPixels(pixels, preprocessing), preprocessing, into)

/**
 * Bytes as a net takes them: `(byte / 255 - mean) / std` of each channel, rounded to float32 after each step as PyTorch
 * does.
 *
 * @param pixels a picture of the size and the channels of the net, such as `fitPixels` makes
 * @param preprocessing the mean and the deviation of each channel
 * @param into where the numbers are written, such as a part of a batch; by default a new array
 * @returns `[height, width, channels]`, channels last
 * @throws RangeError if there is not a mean and a deviation for each channel, or `into` has another length
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { standardise } from '@resfn/preprocessing'
 *
 * const grey = { data: new Uint8Array([0, 255]), width: 2, height: 1, channels: 1 } as const
 * assert.deepEqual([...standardise(grey, { mean: [0.5], std: [0.25] })], [-2, 2])
 * ```
 */
export const standardise = (
  { data, channels }: Pixels,
  { mean, std }: Pick<Preprocessing, 'mean' | 'std'>,
  into: Float32Array = new Float32Array(data.length),
): Float32Array => {
  if (mean.length !== channels || std.length !== channels)
    throw new RangeError(
      `standardise: a picture of ${channels} channels needs as many means and deviations, not mean [${mean.join(', ')}] and std [${std.join(', ')}]`,
    )
  if (into.length !== data.length)
    throw new RangeError(
      `standardise: a picture of ${data.length} bytes is as many numbers, and there is room for ${into.length}`,
    )
  const tables = mean.map((value, c) => table(value, std[c]!))
  if (channels === 3) {
    // One pass over the bytes takes half of the time of three.
    const [red, green, blue] = tables as [Float32Array, Float32Array, Float32Array]
    for (let i = 0; i < data.length; i += 3) {
      into[i] = red[data[i]!]!
      into[i + 1] = green[data[i + 1]!]!
      into[i + 2] = blue[data[i + 2]!]!
    }
    return into
  }
  for (const [c, values] of tables.entries())
    for (let i = c; i < data.length; i += channels) into[i] = values[data[i]!]!
  return into
}
