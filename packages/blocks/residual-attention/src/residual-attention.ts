import { type AnyLayer, graph, type Join, type Layer, sum, untyped } from '@resfn/layer'
import { identityAdd } from '@resfn/identity-add'
import type { Makers } from '@resfn/makers'
import { checkOptions, oneOf, optional, wholeNumberFrom } from '@resfn/options'
import { preActivationBottleneckBranch } from '@resfn/pre-activation'
import { fuses, hourglass, type HourglassOptions, inRow } from './hourglass.ts'
import { attentionResidual } from './joins.ts'
import { softMask } from './soft-mask.ts'

/** The options of an attention module. */
export type ResidualAttentionOptions = Partial<HourglassOptions> & {
  /** output channels, which are the input's */
  readonly out: number
  /** how often the mask halves the image: 3, 2, 1 in the three stages of the paper */
  readonly depth: number
  /** units before trunk and mask part; 1 by default */
  readonly p?: number
  /** units of the trunk; 2 by default */
  readonly t?: number
  /** makes the mask of what the mask branch gives; `softMask({ out })` by default */
  readonly mask?: AnyLayer
  /** how trunk and mask become one: `attentionResidual` (the default), or `product` for naive attention */
  readonly join?: Join
}

/** The names of its parts. */
type Part = 'first' | 'trunk' | 'hourglass' | 'mask' | 'last'

/** An attention module. Its trees are known at run time only, because they follow from the depth of the mask. */
export type ResidualAttention = Layer<unknown, unknown> & { readonly layers: { readonly [P in Part]: AnyLayer } }

const rules = {
  out: wholeNumberFrom(1),
  depth: wholeNumberFrom(0),
  p: optional(wholeNumberFrom(1)),
  t: optional(wholeNumberFrom(1)),
  r: optional(wholeNumberFrom(1)),
  fuse: optional(oneOf(...fuses)),
}

/**
 * The attention module: `x1 = units(x); T = trunk(x1); M = mask(hourglass(x1)); y = unit((1 + M) T)`, with `p` units
 * first, `t` in the trunk, `r` at each step of the mask (twice as many at its bottom), and one at the end.
 *
 * @param options channels, depth of the mask, `p`, `t` and `r`, and the parts where they are others than the paper's
 * @param makers others than the usual ones, for the parts that are not given
 * @returns the layer, with the names `first`, `trunk`, `hourglass`, `mask` and `last`
 * @throws OptionsError if a count is not a whole number, or there is no such fuse
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Wang et al., "Residual attention network for image classification" (2017), section 3 and figure 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { product, summary } from '@resfn/layer'
 * import { residualAttention } from '@resfn/residual-attention'
 *
 * const stage1 = residualAttention({ out: 256, depth: 3 })
 * assert.deepEqual(stage1.plan([56, 56, 256]).output, [56, 56, 256])
 * const naive = residualAttention({ out: 256, depth: 3, join: product })
 * assert.equal(summary(naive, [56, 56, 256]).params, summary(stage1, [56, 56, 256]).params)
 * ```
 */
export const residualAttention = (options: ResidualAttentionOptions, makers?: Makers<AnyLayer>): ResidualAttention => {
  const { out, depth, p = 1, t = 2, r = 1, fuse = 'paper', join = attentionResidual } = options
  checkOptions<object>('residualAttention', { out, depth, p, t, r, fuse }, rules)
  const { unit = identityAdd(preActivationBottleneckBranch({ out }, makers)), mask = softMask({ out }, makers) } =
    options
  const pool = options.pool === undefined ? {} : { pool: options.pool }
  const layers = {
    first: inRow(unit, p),
    trunk: inRow(unit, t),
    hourglass: hourglass({ unit, depth, r, fuse, ...pool }),
    mask,
    last: unit,
  }
  const module = graph(layers, {
    hourglass: 'first',
    // Where nothing is resized, the ports add nothing either.
    mask: fuse === 'tsf' && depth > 0 ? { join: sum, of: ['hourglass', 'trunk'] } : 'hourglass',
    last: { join, of: ['trunk', 'mask'] },
  })
  return { ...untyped(module), layers }
}
