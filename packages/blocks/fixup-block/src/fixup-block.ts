import { identityAdd } from '@resfn/identity-add'
import {
  type AnyLayer,
  type Empty,
  type FollowedBy,
  followedBy,
  type Initialiser,
  kaimingNormal,
  type Layer,
  type Sequential,
  sequential,
  type Skip,
  zeros,
} from '@resfn/layer'
import { type Conv2d, type Makers, makers } from '@resfn/makers'
import { checkOptions, optional, wholeNumberFrom } from '@resfn/options'
import { type PreActivation, preActivation } from '@resfn/pre-activation'
import { scale, type ScaleParams } from '@resfn/scale'
import { shift, type ShiftParams } from '@resfn/shift'

/** The parts of a Fixup branch: a scalar before each convolution and activation, and a multiplier at the end. */
export type FixupParts = {
  readonly bias1a: Layer<ShiftParams>
  readonly conv1: Conv2d
  readonly bias1b: Layer<ShiftParams>
  readonly act1: Layer<Empty>
  readonly bias2a: Layer<ShiftParams>
  readonly conv2: Conv2d
  readonly scale: Layer<ScaleParams>
  readonly bias2b: Layer<ShiftParams>
}

/** The block with an identity shortcut. */
export type FixupBlock = FollowedBy<Skip<Sequential<FixupParts>>>

/** The block with the shortcut `C`, which reads the input after the first bias. */
export type ProjectedFixupBlock<C extends AnyLayer> = FollowedBy<PreActivation<FixupParts, C>>

/** The options of a block that keeps the shape. */
export type FixupBlockOptions = {
  /** output channels */
  readonly out: number
  /** residual blocks of the whole net, by which the first values are scaled */
  readonly blocks: number
}

/** The options of a branch that may change the shape. */
export type FixupBranchOptions = FixupBlockOptions & {
  /** stride of the first convolution; 1 by default */
  readonly stride?: number
}

/** The options of a block with a shortcut of its own. */
export type ProjectedFixupBlockOptions<C extends AnyLayer> = FixupBranchOptions & {
  /** the shortcut, of the same stride and output channels */
  readonly shortcut: C
}

type Parts = Pick<Makers, 'conv' | 'act'>

/**
 * First values by Fixup's rule: those of another initialiser times `L^(-1 / (2 m - 2))`, for L residual blocks with m
 * convolutions each. So a step of training changes what the net computes by as much whatever its depth.
 *
 * @param initialiser draws the values before they are scaled
 * @param options `blocks` L, and `convolutions` m of a branch, at least 2
 * @throws OptionsError if one of them is missing or not a whole number in its range
 * @see Zhang et al., "Fixup initialization: residual learning without normalization" (2019), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { scaledByDepth } from '@resfn/fixup-block'
 * import { ones } from '@resfn/layer'
 *
 * assert.deepEqual([...scaledByDepth(ones, { blocks: 16, convolutions: 3 })([0, 0], [2])], [0.5, 0.5])
 * ```
 */
export const scaledByDepth = (
  initialiser: Initialiser,
  options: { readonly blocks: number; readonly convolutions: number },
): Initialiser => {
  checkOptions('scaledByDepth', options, { blocks: wholeNumberFrom(1), convolutions: wholeNumberFrom(2) })
  const factor = options.blocks ** (-1 / (2 * options.convolutions - 2))
  return (key, shape) => initialiser(key, shape).map((value) => value * factor)
}

/**
 * The branch of a Fixup block: `F(x) = bias2b + scale conv2(bias2a + relu(bias1b + conv1(bias1a + x)))` with scalar
 * biases and a scalar multiplier. The second convolution is 0 at first, the first one is scaled by the depth.
 *
 * @param options output channels, blocks of the net, stride
 * @param own what the convolutions and the activation are made by
 * @throws OptionsError if an option is unknown, missing or not a whole number in its range
 * @see Zhang et al., "Fixup initialization: residual learning without normalization" (2019), figure 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fixupBranch } from '@resfn/fixup-block'
 *
 * assert.deepEqual(fixupBranch({ out: 32, stride: 2, blocks: 27 }).plan([8, 8, 16]).output, [4, 4, 32])
 * ```
 */
export const fixupBranch = (options: FixupBranchOptions, own: Parts = makers): Sequential<FixupParts> => {
  const positive = wholeNumberFrom(1)
  checkOptions('fixupBranch', options, { out: positive, blocks: positive, stride: optional(positive) })
  const { out, blocks, stride = 1 } = options
  const { conv, act } = own
  const bias = shift({ per: 'layer' })
  const weight = scaledByDepth(kaimingNormal('out'), { blocks, convolutions: 2 })
  return sequential({
    bias1a: bias,
    conv1: conv({ out, size: 3, stride, initial: { weight } }),
    bias1b: bias,
    act1: act,
    bias2a: bias,
    conv2: conv({ out, size: 3, initial: { weight: zeros } }),
    scale: scale({ per: 'layer' }),
    bias2b: bias,
  })
}

/**
 * The Fixup block, residual learning without normalisation: `y = relu(x + F(x))`.
 *
 * @param options output channels, which are the input's, and the blocks of the net
 * @param own what the convolutions and the activation are made by
 * @throws OptionsError if an option is unknown, missing or not a whole number in its range
 * @see Zhang et al., "Fixup initialization: residual learning without normalization" (2019), figure 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fixupBlock } from '@resfn/fixup-block'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(fixupBlock({ out: 16, blocks: 9 }), [8, 8, 16]).params, 2 * 9 * 16 * 16 + 5)
 * ```
 */
export const fixupBlock = (options: FixupBlockOptions, own: Parts = makers): FixupBlock =>
  followedBy(identityAdd(fixupBranch(options, own)), own.act)

/**
 * The Fixup block that changes the shape: `y = relu(shortcut(bias1a + x) + F(x))`. The shortcut reads the input after
 * the first bias of the branch.
 *
 * @param options output channels, stride, blocks of the net and the shortcut, of the same stride and channels
 * @param own what the convolutions and the activation are made by
 * @throws OptionsError if an option is unknown, missing or not a whole number in its range
 * @throws ShapeError, from `plan`, if branch and shortcut differ in shape
 * @see Zhang et al., "Fixup initialization: residual learning without normalization" (2019), figure 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { projectedFixupBlock } from '@resfn/fixup-block'
 * import { subsampleAndPad } from '@resfn/projected-add'
 *
 * const to = { out: 32, stride: 2 }
 * const block = projectedFixupBlock({ ...to, blocks: 9, shortcut: subsampleAndPad(to) })
 * assert.deepEqual(block.plan([8, 8, 16]).output, [4, 4, 32])
 * ```
 */
export const projectedFixupBlock = <C extends AnyLayer>(
  { shortcut, ...options }: ProjectedFixupBlockOptions<C>,
  own: Parts = makers,
): ProjectedFixupBlock<C> => followedBy(preActivation(fixupBranch(options, own), shortcut), own.act)
