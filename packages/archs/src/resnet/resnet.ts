import { bottleneck, type Bottleneck, projectedBottleneck, type ProjectedBottleneck } from '@resfn/bottleneck'
import { convBn, type ConvBn } from '@resfn/conv-bn'
import { dense, type DenseParams } from '@resfn/dense'
import { type AnyLayer, type Empty, type Layer, type Sequential, sequential } from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { globalAvgPool, maxPool } from '@resfn/pool'
import {
  projectedResidualBlock,
  type ProjectedResidualBlock,
  residualBlock,
  type ResidualBlock,
} from '@resfn/residual-block'
import { type Stage, stage } from '@resfn/stage'

/** Table 1 of the paper: the number of blocks in each of the four stages. */
const table = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
} as const

/** A kind of block: how one begins the first stage, begins a later one with stride 2, and keeps the shape. */
export type BlockKind<B extends AnyLayer, D extends AnyLayer, K extends AnyLayer> = {
  /** output channels of a block over the width of its stage */
  readonly expansion: number
  readonly begin: (out: number) => B
  readonly down: (out: number) => D
  readonly keep: (out: number) => K
}

/** A ResNet of four stages. */
export type FourStages<B extends AnyLayer, D extends AnyLayer, K extends AnyLayer, N extends AnyLayer> = Sequential<{
  readonly conv1: Conv2d
  readonly bn1: N
  readonly relu: Layer<Empty>
  readonly maxPool: Layer<Empty>
  readonly layer1: Stage<B, K>
  readonly layer2: Stage<D, K>
  readonly layer3: Stage<D, K>
  readonly layer4: Stage<D, K>
  readonly globalAvgPool: Layer<Empty>
  readonly fc: Layer<DenseParams>
}>

/**
 * A residual net of four stages of a kind of block: the rows of table 1 of the paper, from the stem to the head.
 *
 * @param options the kind of block, the number of blocks in each stage, and the classes
 * @param makers others than the usual ones
 * @throws OptionsError if a count is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Deep residual learning for image recognition" (2015), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { basicBlocks, fourStages } from '@resfn/archs/resnet'
 *
 * const resnet10 = fourStages({ kind: basicBlocks(), blocks: [1, 1, 1, 1], classes: 10 })
 * assert.deepEqual(resnet10.plan([64, 64, 3]).output, [10])
 * ```
 */
export const fourStages = <B extends AnyLayer, D extends AnyLayer, K extends AnyLayer, N extends AnyLayer = BatchNorm>(
  options: {
    readonly kind: BlockKind<B, D, K>
    readonly blocks: readonly [number, number, number, number]
    readonly classes: number
  },
  makers?: Makers<N>,
): FourStages<B, D, K, N> => {
  const { conv, norm, act } = makersOr(makers)
  const { kind, blocks, classes } = options
  const { expansion, begin, down, keep } = kind
  const [out1, out2, out3, out4] = [64 * expansion, 128 * expansion, 256 * expansion, 512 * expansion] as const
  return sequential({
    conv1: conv({ out: 64, size: 7, stride: 2 }),
    bn1: norm(),
    relu: act,
    maxPool: maxPool({ size: 3, stride: 2, padding: 1 }),
    layer1: stage({ first: begin(out1), rest: keep(out1), blocks: blocks[0] }),
    layer2: stage({ first: down(out2), rest: keep(out2), blocks: blocks[1] }),
    layer3: stage({ first: down(out3), rest: keep(out3), blocks: blocks[2] }),
    layer4: stage({ first: down(out4), rest: keep(out4), blocks: blocks[3] }),
    globalAvgPool,
    fc: dense({ out: classes }),
  })
}

/** Basic blocks. In the first stage they keep the channels too, and need no projection. */
export type BasicBlocks<C extends AnyLayer, N extends AnyLayer> = BlockKind<
  ResidualBlock<N>,
  ProjectedResidualBlock<C, N>,
  ResidualBlock<N>
>

/** Bottlenecks. In the first stage they widen four times, so they project there too. */
export type Bottlenecks<C extends AnyLayer, N extends AnyLayer> = BlockKind<
  ProjectedBottleneck<C, N>,
  ProjectedBottleneck<C, N>,
  Bottleneck<N>
>

/**
 * The kind of the nets of 18 and 34 layers: basic blocks, with a 1x1 convolution and a normalisation where the shape
 * changes.
 *
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), figure 5, left, and section 3.3, option B
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { basicBlocks } from '@resfn/archs/resnet'
 *
 * assert.deepEqual(basicBlocks().down(128).plan([56, 56, 64]).output, [28, 28, 128])
 * ```
 */
export const basicBlocks = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): BasicBlocks<ConvBn<N>, N> => {
  const keep = (out: number): ResidualBlock<N> => residualBlock({ out }, makers)
  return {
    expansion: 1,
    begin: keep,
    down: (out) =>
      projectedResidualBlock({ out, stride: 2, shortcut: convBn({ out, size: 1, stride: 2 }, makers) }, makers),
    keep,
  }
}

/**
 * The kind of the nets of 50 layers and more: bottlenecks, with a 1x1 convolution and a normalisation where the shape
 * changes.
 *
 * @param options which convolution strides; the 3x3 by default
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), figure 5, right, and section 4.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bottlenecks } from '@resfn/archs/resnet'
 *
 * assert.deepEqual(bottlenecks({ strideOn: '1x1' }).down(512).plan([56, 56, 256]).output, [28, 28, 512])
 * ```
 */
export const bottlenecks = <N extends AnyLayer = BatchNorm>(
  { strideOn = '3x3' }: { readonly strideOn?: '3x3' | '1x1' } = {},
  makers?: Makers<N>,
): Bottlenecks<ConvBn<N>, N> => {
  const project = (out: number, stride: number): ProjectedBottleneck<ConvBn<N>, N> =>
    projectedBottleneck({ out, stride, strideOn, shortcut: convBn({ out, size: 1, stride }, makers) }, makers)
  return {
    expansion: 4,
    begin: (out) => project(out, 1),
    down: (out) => project(out, 2),
    keep: (out) => bottleneck({ out }, makers),
  }
}

/** A net of basic blocks: 18 or 34 layers. */
export type BasicResnet<N extends AnyLayer = BatchNorm> = FourStages<
  ResidualBlock<N>,
  ProjectedResidualBlock<ConvBn<N>, N>,
  ResidualBlock<N>,
  N
>

/** A net of bottlenecks: 50 layers and more. */
export type BottleneckResnet<N extends AnyLayer = BatchNorm> = FourStages<
  ProjectedBottleneck<ConvBn<N>, N>,
  ProjectedBottleneck<ConvBn<N>, N>,
  Bottleneck<N>,
  N
>

/** The depths of the paper's table. */
export type ResnetDepth = keyof typeof table

/** The net of a depth. */
export type Resnet<D extends ResnetDepth = ResnetDepth, N extends AnyLayer = BatchNorm> = D extends 18 | 34
  ? BasicResnet<N>
  : BottleneckResnet<N>

/** The options of a ResNet for ImageNet-sized images. */
export type ResnetOptions<D extends ResnetDepth = ResnetDepth> = {
  /** layers with weights */
  readonly depth: D
  readonly classes: number
  /**
   * where the bottlenecks of 50 layers and more stride: the 3x3 (torchvision, "v1.5"; the default) or the first 1x1
   * (the paper, "v1")
   */
  readonly strideOn?: '3x3' | '1x1'
}

/**
 * A ResNet for ImageNet-sized images: a 7x7 stem of stride 2, 3x3 max pooling, four stages of basic or bottleneck
 * blocks, global average pooling and a fully connected layer. 11,689,512 parameters for depth 18 and 25,557,032 for
 * depth 50, with 224x224x3 and 1000 classes.
 *
 * @param options depth, classes, and where bottlenecks stride
 * @param makers others than the usual ones
 * @throws RangeError if the paper's table has no such depth, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Deep residual learning for image recognition" (2015), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnet } from '@resfn/archs/resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(resnet({ depth: 50, classes: 1000 }), [224, 224, 3]).params, 25557032)
 * ```
 */
export const resnet = <D extends ResnetDepth, N extends AnyLayer = BatchNorm>(
  { depth, classes, strideOn }: ResnetOptions<D>,
  makers?: Makers<N>,
): Resnet<D, N> => {
  if (!Object.hasOwn(table, depth))
    throw new RangeError(`resnet: depth must be one of ${Object.keys(table).join(', ')}, not ${String(depth)}`)
  const blocks = table[depth]
  const net: BasicResnet<N> | BottleneckResnet<N> =
    depth < 50
      ? fourStages({ kind: basicBlocks(makers), blocks, classes }, makers)
      : fourStages({ kind: bottlenecks(strideOn === undefined ? {} : { strideOn }, makers), blocks, classes }, makers)
  // TypeScript does not narrow a conditional type by a comparison of numbers.
  return net as Resnet<D, N>
}
