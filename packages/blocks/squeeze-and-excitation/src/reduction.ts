import { checkOptions, numberFrom, optional, wholeNumberFrom } from '@resfn/options'

/** How many hidden features a perceptron between channels and channels has: a function of the channels. */
export type Reduction = (channels: number) => number

/**
 * A share of the channels, rounded down: `max(1, floor(channels / by))`.
 *
 * @param by the reduction ratio, a whole number
 * @throws OptionsError if it is not a whole number of at least 1
 * @see Hu et al., "Squeeze-and-excitation networks" (2018), section 3.2, where it is 16
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { reduceBy } from '@resfn/squeeze-and-excitation'
 *
 * assert.deepEqual([64, 256].map(reduceBy(16)), [4, 16])
 * ```
 */
export const reduceBy = (by: number): Reduction => {
  checkOptions('reduceBy', { by }, { by: wholeNumberFrom(1) })
  return (channels) => Math.max(1, Math.floor(channels / by))
}

/** A share of the channels, and what it is rounded to. */
export type ReduceToMultipleOptions = {
  /** the share; 1 / 16 by default */
  readonly ratio?: number
  /** the result is a multiple of this number, at least once; 8 by default */
  readonly multiple?: number
  /** one multiple more where rounding leaves less than this part of the share; 0 by default */
  readonly atLeast?: number
}

const rules = {
  ratio: optional(numberFrom(0, 1)),
  multiple: optional(wholeNumberFrom(1)),
  atLeast: optional(numberFrom(0, 1)),
}

/**
 * A share of the channels, rounded to the nearest multiple of a number, half up: `max(8, 8 round(channels / 16 / 8))`.
 *
 * @param options the share, the multiple, and how much of the share must be left
 * @throws OptionsError if an option is unknown or outside its range
 * @see timm, `make_divisible` in `timm/layers/helpers.py`; ResNet-RS has the ratio 0.25
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { reduceToMultiple } from '@resfn/squeeze-and-excitation'
 *
 * assert.deepEqual([64, 256].map(reduceToMultiple()), [8, 16])
 * assert.deepEqual([256, 512].map(reduceToMultiple({ ratio: 0.25 })), [64, 128])
 * ```
 */
export const reduceToMultiple = (options: ReduceToMultipleOptions = {}): Reduction => {
  checkOptions('reduceToMultiple', options, rules)
  const { ratio = 1 / 16, multiple = 8, atLeast = 0 } = options
  return (channels) => {
    const share = channels * ratio
    const nearest = Math.max(multiple, Math.floor((share + multiple / 2) / multiple) * multiple)
    return nearest < atLeast * share ? nearest + multiple : nearest
  }
}
