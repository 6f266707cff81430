import { checkOptions, type Rule } from '@resfn/options'
import type { Images } from './images.ts'

/** The mean and standard deviation of each channel. */
export type Moments = { readonly mean: readonly number[]; readonly std: readonly number[] }

const numbers: Rule = {
  must: 'a list of finite numbers, one for each channel',
  holds: (value) => Array.isArray(value) && value.every(Number.isFinite),
}
const positiveNumbers: Rule = {
  must: 'a list of finite numbers above zero, one for each channel',
  holds: (value) => numbers.holds(value) && (value as readonly number[]).every((std) => std > 0),
}

/**
 * Shifts and scales each channel: `(x - mean[c]) / std[c]`.
 *
 * @param moments mean and standard deviation of each channel, in the unit of the images (0 to 1 after `toFloat`)
 * @throws RangeError if mean and std differ in length, a std is not above zero, or the images have another number of
 * channels
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { normalise } from '@resfn/transforms'
 *
 * const { images } = normalise({ mean: [0.5], std: [0.25] })({ images: new Float32Array([1, 0]), shape: [1, 1, 2, 1] })
 * assert.deepEqual(images, new Float32Array([2, -2]))
 * ```
 */
export const normalise = (moments: Moments): ((images: Images) => Images) => {
  checkOptions('normalise', moments, { mean: numbers, std: positiveNumbers })
  const { mean, std } = moments
  if (mean.length !== std.length)
    throw new RangeError(
      `normalise: needs one mean and one std for each channel, not mean [${mean.join(', ')}] and std [${std.join(', ')}]`,
    )
  return ({ images, shape }) => {
    const channels = shape[3]
    if (channels !== mean.length) {
      throw new RangeError(`normalise: the images have ${channels} channels, mean and std are for ${mean.length}`)
    }
    const result = new Float32Array(images.length)
    for (let c = 0; c < channels; c++) {
      const scale = 1 / std[c]!
      const centre = mean[c]!
      for (let i = c; i < images.length; i += channels) result[i] = (images[i]! - centre) * scale
    }
    return { images: result, shape }
  }
}
