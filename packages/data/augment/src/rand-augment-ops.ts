import type { Interpolation, Pixels } from '@resfn/preprocessing'
import { affine, type Matrix, rotation } from './affine.ts'
import { brightness, colour, contrast, sharpness } from './enhance.ts'
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from './lookup.ts'

/** How strongly an operation of RandAugment is done. */
export type Strength = {
  /** From 0 to 10; more than 10 only where the configuration allows it. */
  readonly level: number
  /** The direction of what has one: a rotation, a shear, a shift. */
  readonly sign: 1 | -1
  readonly interpolation: Interpolation
  /** What comes from outside the picture, a byte for each channel. */
  readonly fill: readonly number[]
}

/** An operation of RandAugment. */
export type RandAugmentOp = (pixels: Pixels, strength: Strength) => Pixels

const moved =
  (matrixOf: (amount: number, pixels: Pixels) => Matrix, most: number): RandAugmentOp =>
  (pixels, { level, sign, ...options }) =>
    affine(pixels, matrixOf(sign * ((level / 10) * most), pixels), options)

const enhanced =
  (enhance: (pixels: Pixels, factor: number) => Pixels): RandAugmentOp =>
  (pixels, { level }) =>
    enhance(pixels, (level / 10) * 1.8 + 0.1)

/** The same where a level of 0 changes nothing. */
const enhancedMore =
  (enhance: (pixels: Pixels, factor: number) => Pixels): RandAugmentOp =>
  (pixels, { level, sign }) =>
    enhance(pixels, Math.max(0.1, 1 + sign * ((level / 10) * 0.9)))

const keptBits = (level: number): number => Math.trunc((level / 10) * 4)
const threshold = (level: number): number => Math.min(256, Math.trunc((level / 10) * 256))

const rotate: RandAugmentOp = (pixels, { level, sign, ...options }) => {
  const degrees = sign * ((level / 10) * 30)
  return degrees === 0 ? pixels : affine(pixels, rotation(degrees, pixels), options)
}

/** The operations whose strength does not always grow with the level; the default of timm. */
export const randAugmentOps: { readonly [name: string]: RandAugmentOp } = {
  autoContrast,
  equalize,
  invert,
  rotate,
  posterize: (pixels, { level }) => posterize(pixels, keptBits(level)),
  solarize: (pixels, { level }) => solarize(pixels, threshold(level)),
  solarizeAdd: (pixels, { level }) => solarizeAdd(pixels, Math.min(128, Math.trunc((level / 10) * 110))),
  colour: enhanced(colour),
  contrast: enhanced(contrast),
  brightness: enhanced(brightness),
  sharpness: enhanced(sharpness),
  shearX: moved((amount) => [1, amount, 0, 0, 1, 0], 0.3),
  shearY: moved((amount) => [1, 0, 0, amount, 1, 0], 0.3),
  translateX: moved((amount, { width }) => [1, 0, amount * width, 0, 1, 0], 0.45),
  translateY: moved((amount, { height }) => [1, 0, 0, 0, 1, amount * height], 0.45),
}

/** The operations whose strength grows with the level: `inc1` in timm's configuration. */
export const increasingOps: { readonly [name: string]: RandAugmentOp } = {
  ...randAugmentOps,
  posterize: (pixels, { level }) => posterize(pixels, 4 - keptBits(level)),
  solarize: (pixels, { level }) => solarize(pixels, 256 - threshold(level)),
  colour: enhancedMore(colour),
  contrast: enhancedMore(contrast),
  brightness: enhancedMore(brightness),
  sharpness: enhancedMore(sharpness),
}
