import { convBn, type ConvBn } from '@resfn/conv-bn'
import { conv2d } from '@resfn/conv2d'
import { dense, type DenseParams } from '@resfn/dense'
import {
  type AnyLayer,
  type Empty,
  type FollowedBy,
  followedBy,
  kaimingNormal,
  type Layer,
  type Sequential,
  sequential,
  zeros,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makers as usual, makersOr } from '@resfn/makers'
import { globalAvgPool } from '@resfn/pool'
import { subsampleAndPad } from '@resfn/projected-add'
import {
  projectedResidualBlock,
  type ProjectedResidualBlock,
  residualBlock,
  type ResidualBlock,
  type ResidualBranch,
  residualBranch,
} from '@resfn/residual-block'
import { type Stage, stage } from '@resfn/stage'

/**
 * How the units of a net are made: those that halve the image and double the channels, and those that keep the shape.
 */
export type Shortcuts<D extends AnyLayer, K extends AnyLayer> = {
  readonly down: (out: number) => D
  readonly keep: (out: number) => K
}

/** Option A: the identity, subsampled and padded with zeros where the shape changes. */
export type OptionA<N extends AnyLayer = BatchNorm> = Shortcuts<
  ProjectedResidualBlock<Layer<Empty>, N>,
  ResidualBlock<N>
>

/** Option B: the identity, and a 1x1 convolution with a normalisation where the shape changes. */
export type OptionB<N extends AnyLayer = BatchNorm> = Shortcuts<ProjectedResidualBlock<ConvBn<N>, N>, ResidualBlock<N>>

/** Option C: a 1x1 convolution with a normalisation everywhere. */
export type OptionC<N extends AnyLayer = BatchNorm> = Shortcuts<
  ProjectedResidualBlock<ConvBn<N>, N>,
  ProjectedResidualBlock<ConvBn<N>, N>
>

/** A plain net: the branch alone. */
export type NoShortcuts<N extends AnyLayer = BatchNorm> = Shortcuts<
  FollowedBy<ResidualBranch<N>>,
  FollowedBy<ResidualBranch<N>>
>

const projectedByConvolution = <N extends AnyLayer>(
  out: number,
  stride: number,
  makers: Makers<N> | undefined,
): ProjectedResidualBlock<ConvBn<N>, N> =>
  projectedResidualBlock({ out, stride, shortcut: convBn({ out, size: 1, stride }, makers) }, makers)

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
 * assert.deepEqual(optionA().down(32).plan([32, 32, 16]).output, [16, 16, 32])
 * ```
 */
export const optionA = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): OptionA<N> => ({
  down: (out) => projectedResidualBlock({ out, stride: 2, shortcut: subsampleAndPad({ out, stride: 2 }) }, makers),
  keep: (out) => residualBlock({ out }, makers),
})

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
export const optionB = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): OptionB<N> => ({
  down: (out) => projectedByConvolution(out, 2, makers),
  keep: (out) => residualBlock({ out }, makers),
})

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
 * assert.deepEqual(optionC().keep(16).plan([32, 32, 16]).params.shortcut.conv.weight.shape, [1, 1, 16, 16])
 * ```
 */
export const optionC = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): OptionC<N> => ({
  down: (out) => projectedByConvolution(out, 2, makers),
  keep: (out) => projectedByConvolution(out, 1, makers),
})

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
 * assert.deepEqual(noShortcuts().down(32).plan([32, 32, 16]).output, [16, 16, 32])
 * ```
 */
export const noShortcuts = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): NoShortcuts<N> => {
  const unit = (out: number, stride: number): FollowedBy<ResidualBranch<N>> =>
    followedBy(residualBranch({ out, stride }, makers), makersOr(makers).act)
  return { down: (out) => unit(out, 2), keep: (out) => unit(out, 1) }
}

/** A ResNet of three stages. */
export type CifarResnet<D extends AnyLayer, K extends AnyLayer, N extends AnyLayer = BatchNorm> = Sequential<{
  readonly conv1: Conv2d
  readonly bn1: N
  readonly relu: Layer<Empty>
  readonly layer1: Stage<K, K>
  readonly layer2: Stage<D, K>
  readonly layer3: Stage<D, K>
  readonly globalAvgPool: Layer<Empty>
  readonly fc: Layer<DenseParams>
}>

/** The options of a ResNet for small images. */
export type CifarResnetOptions<D extends AnyLayer, K extends AnyLayer, N extends AnyLayer> = {
  /** 6n + 2: 8, 14, 20, 32, 44, 56, 110, 1202 */
  readonly depth: number
  readonly classes: number
  /** `optionA` (the default), `optionB`, `optionC`, `noShortcuts`, or your own */
  readonly shortcuts?: (makers: Makers<N>) => Shortcuts<D, K>
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
  D extends AnyLayer = ProjectedResidualBlock<Layer<Empty>, N>,
  K extends AnyLayer = ResidualBlock<N>,
>(
  { depth, classes, shortcuts }: CifarResnetOptions<D, K, N>,
  makers?: Makers<N>,
): CifarResnet<D, K, N> => {
  const blocks = (depth - 2) / 6
  if (!Number.isInteger(blocks) || blocks < 1)
    throw new RangeError(`cifarResnet: depth must be 6n + 2 (8, 14, 20, 26, 32, ...), not ${depth}`)
  // The types D and K are those of option A exactly where no shortcuts are given, and N is batch normalisation where no
  // makers are.
  const own = (makers ?? cifarMakers) as Makers<N>
  const { down, keep } = ((shortcuts ?? optionA) as (makers: Makers<N>) => Shortcuts<D, K>)(own)
  return sequential({
    conv1: own.conv({ out: 16, size: 3 }),
    bn1: own.norm(),
    relu: own.act,
    layer1: stage({ first: keep(16), rest: keep(16), blocks }),
    layer2: stage({ first: down(32), rest: keep(32), blocks }),
    layer3: stage({ first: down(64), rest: keep(64), blocks }),
    globalAvgPool,
    fc: dense({ out: classes, initial: { weight: kaimingNormal('in'), bias: zeros } }),
  })
}
