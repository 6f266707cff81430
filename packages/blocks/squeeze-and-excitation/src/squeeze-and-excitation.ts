import { sigmoid } from '@resfn/activation'
import type { DenseParams } from '@resfn/dense'
import { type AnyLayer, type Empty, type Layer, product, sequential, shaped, type Skip, skip } from '@resfn/layer'
import type { Makers } from '@resfn/makers'
import { checkOptions, func, optional } from '@resfn/options'
import { globalAvgPool } from '@resfn/pool'
import { excitation } from './excitation.ts'
import type { Reduction } from './reduction.ts'

/** Channels weighted by a gate: the input times what a perceptron makes of the means of its channels. */
export type SqueezeAndExcitation = Skip<Layer<{ readonly fc1: DenseParams; readonly fc2: DenseParams }>>

/** The options of squeeze-and-excitation. */
export type SqueezeAndExcitationOptions = {
  /** hidden features; `reduceToMultiple()` by default: a sixteenth of the channels, as a multiple of 8 */
  readonly hidden?: Reduction
  /** the activation that makes the gate; `sigmoid` by default */
  readonly gate?: Layer<Empty>
}

const isLayer = { must: 'a layer', holds: (value: unknown): boolean => typeof value === 'object' && value !== null }
const rules = { hidden: optional(func), gate: optional(isLayer) }

/**
 * Squeeze-and-excitation: `y = x gate(fc2(act(fc1(z))))` with `z` the mean of each channel. The shape stays.
 *
 * @param options hidden features, and the gate
 * @param makers others than the usual ones; only the activation is used
 * @throws OptionsError if an option is unknown or not of its kind
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Hu et al., "Squeeze-and-excitation networks" (2018), equations 2 to 4; the reduction is timm's by default
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { summary } from '@resfn/layer'
 * import { reduceBy, squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
 *
 * const params = (layer: ReturnType<typeof squeezeAndExcitation>) => summary(layer, [56, 56, 64]).params
 * assert.equal(params(squeezeAndExcitation()), 2 * 64 * 8 + 8 + 64)
 * assert.equal(params(squeezeAndExcitation({ hidden: reduceBy(16) })), 2 * 64 * 4 + 4 + 64)
 * ```
 */
export const squeezeAndExcitation = (
  options: SqueezeAndExcitationOptions = {},
  makers?: Makers<AnyLayer>,
): SqueezeAndExcitation => {
  checkOptions('squeezeAndExcitation', options, rules)
  const { hidden, gate = sigmoid } = options
  return skip(product)(
    shaped((input) =>
      sequential({
        squeeze: globalAvgPool,
        ...excitation({ channels: input.at(-1)!, ...(hidden && { hidden }) }, makers).layers,
        gate,
      }),
    ),
  )
}
