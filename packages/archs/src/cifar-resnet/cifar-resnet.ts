import type { BottleneckBranch } from '@resfn/bottleneck'
import type { ConvBn } from '@resfn/conv-bn'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { type AnyLayer, type Empty, kaimingNormal, type Layer, sequential, zeros } from '@resfn/layer'
import { type BatchNorm, type Makers, makers as usual } from '@resfn/makers'
import type { ResidualBranch } from '@resfn/residual-block'
import type { BlockKind, Changed, Kept } from '../resnet/block-kind.ts'
import { bottlenecks } from '../resnet/kinds.ts'
import { type ThreeStages, threeStages } from '../resnet/stages.ts'
import { smallStem, type SmallStem } from '../resnet/stems.ts'
import { optionA } from './options.ts'

/** A ResNet of three stages. */
export type CifarResnet<
  B extends AnyLayer,
  D extends AnyLayer,
  K extends AnyLayer,
  N extends AnyLayer = BatchNorm,
> = ThreeStages<B, D, K, SmallStem<N>>

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
  return net({ n, kind, classes }, own)
}

/** The parts that all have in common, around n blocks of a kind in each stage. */
const net = <N extends AnyLayer, B extends AnyLayer, D extends AnyLayer, K extends AnyLayer>(
  { n, kind, classes }: { readonly n: number; readonly kind: BlockKind<B, D, K>; readonly classes: number },
  makers: Makers<N>,
): CifarResnet<B, D, K, N> => {
  const stem = smallStem({ out: 16 }, makers)
  const { fc: _, ...body } = threeStages({ stem, kind, blocks: [n, n, n], classes }).layers
  const fc = dense({ out: classes, initial: { weight: kaimingNormal('in'), bias: zeros } })
  return sequential({ ...body, fc })
}

/** A ResNet of three stages of bottlenecks. */
export type CifarBottleneckResnet<N extends AnyLayer = BatchNorm> = CifarResnet<
  Changed<BottleneckBranch<N>, ConvBn<N>>,
  Changed<BottleneckBranch<N>, ConvBn<N>>,
  Kept<BottleneckBranch<N>>,
  N
>

/**
 * A ResNet of bottlenecks for 32x32 or 28x28 images: three stages of n bottlenecks with 64, 128 and 256 channels, of
 * which the first 1x1 strides; depth 9n + 2. 1,704,154 parameters at depth 164 with 32x32x3 and 10 classes.
 *
 * @param options depth, 9n + 2 (110, 164, 1001), and classes
 * @param makers others than `cifarMakers`
 * @throws RangeError if depth is not 9n + 2, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Identity mappings in deep residual networks" (2016), table 3, "original"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarBottleneckResnet } from '@resfn/archs/cifar-resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cifarBottleneckResnet({ depth: 164, classes: 10 }), [32, 32, 3]).params, 1704154)
 * ```
 */
export const cifarBottleneckResnet = <N extends AnyLayer = BatchNorm>(
  { depth, classes }: { readonly depth: number; readonly classes: number },
  makers?: Makers<N>,
): CifarBottleneckResnet<N> => {
  const n = (depth - 2) / 9
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`cifarBottleneckResnet: depth must be 9n + 2 (11, 20, 29, 110, 164, 1001, ...), not ${depth}`)
  const own = (makers ?? cifarMakers) as Makers<N>
  return net({ n, kind: bottlenecks({ strideOn: '1x1' }, own), classes }, own)
}
