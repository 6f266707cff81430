import { convBn, type ConvBn } from '@resfn/conv-bn'
import { dropout } from '@resfn/dropout'
import {
  type AnyLayer,
  type Empty,
  type FollowedBy,
  followedBy,
  type Layer,
  type ParamsOf,
  type Projected,
  shaped,
  type StateOf,
} from '@resfn/layer'
import type { Makers } from '@resfn/makers'
import { projectedAdd } from '@resfn/projected-add'
import { scaleBy } from '@resfn/scale'

/** A branch scaled by a constant, beside a shortcut scaled by one. */
export type ConstantScale<B extends AnyLayer> = Projected<FollowedBy<B>, Layer<Empty>>

/**
 * The constant scaling: `y = shortcut x + branch F(x)` with two numbers. Over L units the gradient has the factor
 * `shortcut^L`, which vanishes or explodes unless it is 1.
 *
 * @param branch a layer that keeps the shape
 * @param options the two factors; the branch's is 1 by default
 * @throws OptionsError if a factor is not finite
 * @see He et al., "Identity mappings in deep residual networks" (2016), equation 6 and section 3.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBranch } from '@resfn/residual-block'
 * import { constantScale } from '@resfn/shortcuts'
 *
 * const unit = constantScale(residualBranch({ out: 16 }), { shortcut: 0.5, branch: 0.5 })
 * assert.deepEqual(unit.plan([8, 8, 16]).output, [8, 8, 16])
 * ```
 */
export const constantScale = <B extends AnyLayer>(
  branch: B,
  options: { readonly shortcut: number; readonly branch?: number },
): ConstantScale<B> =>
  projectedAdd(followedBy(branch, scaleBy(options.branch ?? 1)), scaleBy(options.shortcut)) as ConstantScale<B>

/**
 * Dropout on the shortcut: `y = dropout(x) + F(x)`. In training it scales the shortcut by a random mask, so it stands
 * in the way of the signal as a constant of 1 - rate does.
 *
 * @param branch a layer that keeps the shape
 * @param options the part of the shortcut's values that becomes 0
 * @throws OptionsError if the rate is outside its range
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 3.1, "Dropout shortcut"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBranch } from '@resfn/residual-block'
 * import { dropoutShortcut } from '@resfn/shortcuts'
 *
 * assert.deepEqual(dropoutShortcut(residualBranch({ out: 16 }), { rate: 0.5 }).plan([8, 8, 16]).output, [8, 8, 16])
 * ```
 */
export const dropoutShortcut = <B extends AnyLayer>(
  branch: B,
  { rate }: { readonly rate: number },
): Projected<B, Layer<Empty>> => projectedAdd(branch, dropout({ rate }))

/**
 * A 1x1 convolution and a normalisation on the shortcut, though the shape stays: `y = bn(conv(x)) + F(x)`, option C.
 *
 * @param branch a layer that keeps the shape
 * @param makers others than the usual ones
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 3.1, "1x1 convolutional shortcut"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBranch } from '@resfn/residual-block'
 * import { convolvedShortcut } from '@resfn/shortcuts'
 *
 * assert.deepEqual(convolvedShortcut(residualBranch({ out: 16 })).plan([8, 8, 16]).output, [8, 8, 16])
 * ```
 */
export const convolvedShortcut = <B extends AnyLayer>(
  branch: B,
  makers?: Makers,
): Projected<B, Layer<ParamsOf<ConvBn>, StateOf<ConvBn>>> =>
  projectedAdd(
    branch,
    shaped(([, , out = 1]) => convBn({ out, size: 1 }, makers)),
  )
