import { checkOptions, flag, numberFrom, optional, type Rule, type Rules } from '@resfn/options'
import { fitPixels, type Pixels, type Preprocessing, withChannels } from '@resfn/preprocessing'
import { fold, type Key, uniform } from '@resfn/random'
import { colourJitter } from './colour-jitter.ts'
import { type CropRange, drawCrop, mirror, resizedCrop } from './crop.ts'
import { drawInterpolation, parseRandAugment, randAugment } from './rand-augment.ts'

/** How pictures are changed at random in training, as plain data. What is left out is not done. */
export type Augmentation = {
  /** Inception's random crop; without it the crop is that of evaluation. */
  readonly crop?: CropRange
  /** Mirrors half of the pictures left to right. */
  readonly mirror?: boolean
  /** Timm's configuration, such as `rand-m9-mstd0.5`. */
  readonly randAugment?: string
  /** The strength of `colourJitter`; timm leaves it out where there is RandAugment. */
  readonly colourJitter?: number
}

const isRange = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value[0] > 0 && value[1] >= value[0] && Number.isFinite(value[1])

const cropRange: Rule = {
  must: 'a record of scale and ratio, each two numbers above 0 in order, a scale of at most 1',
  holds: (value) => {
    if (typeof value !== 'object' || value === null) return false
    const { scale = [0.08, 1], ratio = [1, 1], ...others } = value as CropRange
    return isRange(scale) && scale[1] <= 1 && isRange(ratio) && Object.keys(others).length === 0
  },
}

const rules: Rules<Augmentation> = {
  crop: optional(cropRange),
  mirror: optional(flag),
  randAugment: optional({
    must: "a configuration of RandAugment, such as 'rand-m9-mstd0.5'",
    holds: (value) => typeof value === 'string',
  }),
  colourJitter: optional(numberFrom(0)),
}

/**
 * What a net sees of a picture in training, as bytes: a random crop or that of evaluation, mirrored or not, changed by
 * RandAugment or the jitter of its colours, in this order.
 *
 * @param pixels a picture of any size; alpha is left out
 * @param preprocessing that of the net: size and channels of the result, and the mean that fills what comes from
 * outside
 * @param augmentation see `Augmentation`
 * @param key decides all chance: the same key gives the same bytes
 * @returns `size[0] * size[1] * channels` bytes
 * @throws RangeError if an option is wrong
 * @see timm, `data/transforms_factory.py`, `transforms_imagenet_train`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { augment } from '@resfn/augment'
 * import { key } from '@resfn/random'
 *
 * const picture = { data: new Uint8Array(40 * 30 * 3).fill(200), width: 40, height: 30, channels: 3 } as const
 * const preprocessing = { size: [16, 16], channels: 3, mean: [0.5, 0.5, 0.5], std: [1, 1, 1], interpolation: 'bicubic', cropFraction: 1, cropMode: 'center' } as const
 * const { data, width } = augment(picture, preprocessing, { crop: { scale: [0.2, 1] }, mirror: true, randAugment: 'rand-m9-mstd0.5' }, key(0))
 * assert.deepEqual([width, data.length], [16, 16 * 16 * 3])
 * ```
 */
export const augment = (pixels: Pixels, preprocessing: Preprocessing, augmentation: Augmentation, key: Key): Pixels => {
  checkOptions('augment', augmentation, rules)
  const { crop, mirror: mirrors = false, randAugment: config, colourJitter: strength = 0 } = augmentation
  const { size, channels, mean } = preprocessing
  const seen =
    crop === undefined
      ? fitPixels(pixels, preprocessing)
      : withChannels(
          resizedCrop(pixels, drawCrop(pixels, crop, fold(key, 'crop')), {
            height: size[0],
            width: size[1],
            interpolation: drawInterpolation(key),
          }),
          channels,
        )
  const turned = mirrors && uniform(fold(key, 'mirror'), 1)[0]! < 0.5 ? mirror(seen) : seen
  const fill = mean.map((value) => Math.max(0, Math.min(255, Math.round(255 * value))))
  const changed =
    config === undefined
      ? turned
      : randAugment(turned, parseRandAugment(config), { key: fold(key, 'operations'), fill })
  return strength === 0 ? changed : colourJitter(changed, strength, fold(key, 'jitter'))
}
