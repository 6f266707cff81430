import { checkOptions, numberFrom, optional, wholeNumberFrom } from '@resfn/options'

/** The shape of a residual branch of C paths of width d between `channels` channels. */
export type Cardinality = {
  /** the number of paths, C */
  readonly cardinality: number
  /** channels of a path, d */
  readonly width: number
  /** channels before and after the branch; 256 by default, as in the paper */
  readonly channels?: number
}

/**
 * The weights of a branch of C paths of width d: `C (channels d + 9 d² + d channels)`, also its multiply-adds a pixel.
 *
 * @param options cardinality C, width d of a path, and channels
 * @throws OptionsError if one of them is not a whole number of at least 1
 * @see Xie et al., "Aggregated residual transformations for deep neural networks" (2017), equation 4
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { weightsOfPaths } from '@resfn/resnext'
 *
 * assert.equal(weightsOfPaths({ cardinality: 1, width: 64 }), 69632)
 * assert.equal(weightsOfPaths({ cardinality: 32, width: 4 }), 70144)
 * ```
 */
export const weightsOfPaths = (options: Cardinality): number => {
  const whole = wholeNumberFrom(1)
  checkOptions('weightsOfPaths', options, { cardinality: whole, width: whole, channels: optional(whole) })
  const { cardinality, width, channels = 256 } = options
  return cardinality * (2 * channels * width + 9 * width ** 2)
}

/**
 * The width d of a path at which C paths have as many weights as the bottleneck: the positive root of
 * `9 C d² + 2 C channels d = weights`, rounded, and 1 at least.
 *
 * @param options cardinality C, channels before and after the branch (256 by default), and the weights to spend, by
 * default those of the bottleneck of a quarter of the channels
 * @throws OptionsError if cardinality or channels is not a whole number of at least 1, or weights is below 1
 * @see Xie et al., "Aggregated residual transformations for deep neural networks" (2017), table 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { widthOfPaths } from '@resfn/resnext'
 *
 * const widths = [1, 2, 4, 8, 32].map((cardinality) => widthOfPaths({ cardinality }))
 * assert.deepEqual(widths, [64, 40, 24, 14, 4])
 * ```
 */
export const widthOfPaths = (options: {
  readonly cardinality: number
  readonly channels?: number
  readonly weights?: number
}): number => {
  const whole = wholeNumberFrom(1)
  checkOptions('widthOfPaths', options, {
    cardinality: whole,
    channels: optional(whole),
    weights: optional(numberFrom(1)),
  })
  const { cardinality, channels = 256, weights = 2 * channels * (channels / 4) + 9 * (channels / 4) ** 2 } = options
  const [a, b] = [9 * cardinality, 2 * channels * cardinality]
  return Math.max(1, Math.round((Math.sqrt(b ** 2 + 4 * a * weights) - b) / (2 * a)))
}
