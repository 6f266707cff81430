import type { BottleneckBranch } from '@resfn/bottleneck'
import type { ConvBn } from '@resfn/conv-bn'
import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Conv2d, Makers } from '@resfn/makers'
import type { ResidualBranch } from '@resfn/residual-block'
import type { Changed, Kept } from './block-kind.ts'
import { basicBlocks, bottlenecks } from './kinds.ts'
import { type FourStages, fourStages } from './stages.ts'
import type { Stem } from './stems.ts'

/** Table 1 of the paper: the number of blocks in each of the four stages. */
const table = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
} as const

/** A net of basic blocks: 18 or 34 layers. */
export type BasicResnet<N extends AnyLayer = BatchNorm> = FourStages<
  Kept<ResidualBranch<N>>,
  Changed<ResidualBranch<N>, ConvBn<N>>,
  Kept<ResidualBranch<N>>,
  Stem<Conv2d, N>
>

/** A net of bottlenecks: 50 layers and more. */
export type BottleneckResnet<N extends AnyLayer = BatchNorm> = FourStages<
  Changed<BottleneckBranch<N>, ConvBn<N>>,
  Changed<BottleneckBranch<N>, ConvBn<N>>,
  Kept<BottleneckBranch<N>>,
  Stem<Conv2d, N>
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
      ? fourStages({ kind: basicBlocks({}, makers), blocks, classes }, makers)
      : fourStages({ kind: bottlenecks(strideOn === undefined ? {} : { strideOn }, makers), blocks, classes }, makers)
  // TypeScript does not narrow a conditional type by a comparison of numbers.
  return net as Resnet<D, N>
}
