/**
 * What is done to a picture before a net sees it, as plain data that travels with the weights. It is the evaluation
 * transform of timm: resize so that the crop is `cropFraction` of the result, crop in the middle, `byte / 255`, then
 * `(x - mean) / std`.
 *
 * @see timm, `data/transforms_factory.py`, `transforms_imagenet_eval`
 * @example
 * ```ts
 * import type { Preprocessing } from '@resfn/preprocessing'
 *
 * const imagenet: Preprocessing = {
 *   size: [224, 224],
 *   channels: 3,
 *   mean: [0.485, 0.456, 0.406],
 *   std: [0.229, 0.224, 0.225],
 *   interpolation: 'bicubic',
 *   cropFraction: 0.875,
 *   cropMode: 'center',
 * }
 * ```
 */
export type Preprocessing = {
  /** Height and width of what the net takes. */
  readonly size: readonly [height: number, width: number]
  /** 3 for RGB, 1 for grey. */
  readonly channels: 1 | 3
  /** Mean of each channel, from 0 to 1. */
  readonly mean: readonly number[]
  /** Standard deviation of each channel, in the same unit. */
  readonly std: readonly number[]
  readonly interpolation: 'bilinear' | 'bicubic'
  /** The side of the crop divided by that of the resized picture: timm's `crop_pct`. */
  readonly cropFraction: number
  /**
   * `center` fits the short side and cuts the long one, `squash` changes the proportions, `border` fits the long side
   * and pads with the mean.
   */
  readonly cropMode: 'center' | 'squash' | 'border'
}
