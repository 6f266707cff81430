import { dense, type DenseParams } from '@resfn/dense'
import { type AnyLayer, type Empty, type Layer, type Sequential, sequential } from '@resfn/layer'
import { type Makers, makersOr } from '@resfn/makers'
import { checkOptions, flag, func, optional, wholeNumberFrom } from '@resfn/options'
import { type Reduction, reduceToMultiple } from './reduction.ts'

/** A perceptron with one hidden layer between channels and channels. */
export type Excitation = Sequential<{
  readonly fc1: Layer<DenseParams>
  readonly act: Layer<Empty>
  readonly fc2: Layer<DenseParams>
}>

/** The options of the perceptron. */
export type ExcitationOptions = {
  /** input and output channels */
  readonly channels: number
  /** hidden features; `reduceToMultiple()` by default: a sixteenth of the channels, as a multiple of 8 */
  readonly hidden?: Reduction
  /** whether both layers have biases; they do by default */
  readonly bias?: boolean
}

const rules = { channels: wholeNumberFrom(1), hidden: optional(func), bias: optional(flag) }

/**
 * The perceptron of channel attention: `y = fc2(act(fc1(z)))`, from channels to fewer and back.
 *
 * @param options channels, hidden features, and whether there are biases
 * @param makers others than the usual ones; only the activation is used
 * @throws OptionsError if an option is unknown, missing or outside its range, or the hidden features are not a whole
 * number of at least 1
 * @see Hu et al., "Squeeze-and-excitation networks" (2018), equation 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { summary } from '@resfn/layer'
 * import { excitation } from '@resfn/squeeze-and-excitation'
 *
 * assert.equal(summary(excitation({ channels: 256 }), [256]).params, 2 * 256 * 16 + 16 + 256)
 * ```
 */
export const excitation = (options: ExcitationOptions, makers?: Makers<AnyLayer>): Excitation => {
  checkOptions('excitation', options, rules)
  const { channels, hidden = reduceToMultiple(), bias = true } = options
  return sequential({
    fc1: dense({ out: hidden(channels), bias }),
    act: makersOr(makers).act,
    fc2: dense({ out: channels, bias }),
  })
}
