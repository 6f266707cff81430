import type { ConvBn } from '@resfn/conv-bn'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import {
  type AnyLayer,
  type Empty,
  type FollowedBy,
  followedBy,
  kaimingNormal,
  type Layer,
  sequential,
  zeros,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makers as usual, makersOr } from '@resfn/makers'
import { subsampleAndPad } from '@resfn/projected-add'
import { type ResidualBranch, residualBranch } from '@resfn/residual-block'
import { type BlockKind, type Changed, everywhere, type Kept, type Place } from '../resnet/block-kind.ts'
import { type BasicBlocks, basicBlocks } from '../resnet/kinds.ts'
import { type ThreeStages, threeStages } from '../resnet/stages.ts'

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

/** A ResNet of three stages. */
export type CifarResnet<
  B extends AnyLayer,
  D extends AnyLayer,
  K extends AnyLayer,
  N extends AnyLayer = BatchNorm,
> = ThreeStages<B, D, K, { readonly conv1: Conv2d; readonly bn1: N; readonly relu: Layer<Empty> }>

/** The options of a ResNet for small images. */
export type CifarResnetOptions<B extends AnyLayer, D extends AnyLayer, K extends AnyLayer, N extends AnyLayer> = {
  /** 6n + 2: 8, 14, 20, 32, 44, 56, 110, 1202 */
  readonly depth: number
  readonly classes: number
  /** `optionA` (the default), `optionB`, `optionC`, `noShortcuts`, or your own */
  readonly shortcuts?: (makers: Makers<N>) => BlockKind<B, D, K>
}

/** The usual makers with the first values of section 4.2: Kaiming normal by fan in. */
export const cifarMakers: Makers = {
  ...usual,
  conv: (options) => conv2d({ ...options, initial: { weight: kaimingNormal('in') } }),
}

/**
 * A ResNet for 32x32 or 28x28 images: a 3x3 stem, three stages of n basic blocks with 16, 32 and 64 channels, global
 * average pooling and a fully connected layer; depth 6n + 2. 269,722 parameters at depth 20 with 32x32x3, 10 classes
 * and option A.
 *
 * @param options depth, classes and the shortcuts
 * @param makers others than `cifarMakers`
 * @throws RangeError if depth is not 6n + 2, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Deep residual learning for image recognition" (2015), section 4.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarResnet } from '@resfn/archs/cifar-resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cifarResnet({ depth: 20, classes: 10 }), [32, 32, 3]).params, 269722)
 * ```
 */
export const cifarResnet = <
  N extends AnyLayer = BatchNorm,
  B extends AnyLayer = Kept<ResidualBranch<N>>,
  D extends AnyLayer = Changed<ResidualBranch<N>, Layer<Empty>>,
  K extends AnyLayer = Kept<ResidualBranch<N>>,
>(
  { depth, classes, shortcuts }: CifarResnetOptions<B, D, K, N>,
  makers?: Makers<N>,
): CifarResnet<B, D, K, N> => {
  const n = (depth - 2) / 6
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`cifarResnet: depth must be 6n + 2 (8, 14, 20, 26, 32, ...), not ${depth}`)
  // The types B, D and K are those of option A exactly where no shortcuts are given, and N is batch normalisation where
  // no makers are.
  const own = (makers ?? cifarMakers) as Makers<N>
  const kind = ((shortcuts ?? optionA) as (makers: Makers<N>) => BlockKind<B, D, K>)(own)
  const stem = { conv1: own.conv({ out: 16, size: 3 }), bn1: own.norm(), relu: own.act }
  const { fc: _, ...body } = threeStages({ stem, kind, blocks: [n, n, n], classes }).layers
  const fc = dense({ out: classes, initial: { weight: kaimingNormal('in'), bias: zeros } })
  return sequential({ ...body, fc })
}
