import type { ConvBn } from '@resfn/conv-bn'
import { type AnyLayer, type Empty, type FollowedBy, followedBy, type Layer } from '@resfn/layer'
import { type BatchNorm, type Makers, makersOr } from '@resfn/makers'
import { subsampleAndPad } from '@resfn/projected-add'
import { type ResidualBranch, residualBranch } from '@resfn/residual-block'
import { type BlockKind, type Changed, everywhere, type Place } from '../resnet/block-kind.ts'
import { type BasicBlocks, basicBlocks } from '../resnet/kinds.ts'

/** Option A: the identity, subsampled and padded with zeros where the shape changes. */
export type OptionA<N extends AnyLayer = BatchNorm> = BasicBlocks<Layer<Empty>, N>

/** Option B: the identity, and a 1x1 convolution with a normalisation where the shape changes. */
export type OptionB<N extends AnyLayer = BatchNorm> = BasicBlocks<ConvBn<N>, N>

/** Option C: a 1x1 convolution with a normalisation everywhere. */
export type OptionC<N extends AnyLayer = BatchNorm> = BlockKind<
  Changed<ResidualBranch<N>, ConvBn<N>>,
  Changed<ResidualBranch<N>, ConvBn<N>>,
  Changed<ResidualBranch<N>, ConvBn<N>>
>

/** A plain net: the branch alone. */
export type NoShortcuts<N extends AnyLayer = BatchNorm> = BlockKind<
  FollowedBy<ResidualBranch<N>>,
  FollowedBy<ResidualBranch<N>>,
  FollowedBy<ResidualBranch<N>>
>

/**
 * Option A: identity shortcuts, with zeros for the new channels where the shape changes; no parameters.
 *
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { optionA } from '@resfn/archs/cifar-resnet'
 *
 * assert.deepEqual(optionA().down({ out: 32, stride: 2, index: 0, blocks: 1 }).plan([32, 32, 16]).output, [16, 16, 32])
 * ```
 */
export const optionA = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): OptionA<N> =>
  basicBlocks({ shortcut: subsampleAndPad }, makers)

/**
 * Option A as akamaster's nets have it: half of the zeros stand before the old channels. Their checkpoints need it.
 *
 * @param makers others than the usual ones
 * @see akamaster, `pytorch_resnet_cifar10/resnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarResnet, optionACentred } from '@resfn/archs/cifar-resnet'
 * import { summary } from '@resfn/layer'
 *
 * const net = cifarResnet({ depth: 20, classes: 10, shortcuts: optionACentred })
 * assert.equal(summary(net, [32, 32, 3]).params, 269722)
 * ```
 */
export const optionACentred = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): OptionA<N> =>
  basicBlocks({ shortcut: ({ out, stride }) => subsampleAndPad({ out, stride, zeros: 'around' }) }, makers)

/**
 * Option B: 1x1 convolutions where the shape changes, identity shortcuts elsewhere.
 *
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarResnet, optionB } from '@resfn/archs/cifar-resnet'
 * import { summary } from '@resfn/layer'
 *
 * const net = cifarResnet({ depth: 20, classes: 10, shortcuts: optionB })
 * assert.equal(summary(net, [32, 32, 3]).params, 272474)
 * ```
 */
export const optionB = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): OptionB<N> => basicBlocks({}, makers)

/**
 * Option C: 1x1 convolutions in all shortcuts.
 *
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { optionC } from '@resfn/archs/cifar-resnet'
 *
 * assert.deepEqual(optionC().keep({ out: 16, stride: 1, index: 0, blocks: 1 }).plan([32, 32, 16]).params.shortcut.conv.weight.shape, [1, 1, 16, 16])
 * ```
 */
export const optionC = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): OptionC<N> => everywhere(optionB(makers))

/**
 * No shortcuts: the plain net of the same depth.
 *
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), section 4.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { noShortcuts } from '@resfn/archs/cifar-resnet'
 *
 * assert.deepEqual(noShortcuts().down({ out: 32, stride: 2, index: 0, blocks: 1 }).plan([32, 32, 16]).output, [16, 16, 32])
 * ```
 */
export const noShortcuts = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): NoShortcuts<N> => {
  const unit = ({ out, stride }: Place): FollowedBy<ResidualBranch<N>> =>
    followedBy(residualBranch({ out, stride }, makers), makersOr(makers).act)
  return { expansion: 1, begin: unit, down: unit, keep: unit }
}
