import type { BottleneckBranch } from '@resfn/bottleneck'
import type { ConvBn } from '@resfn/conv-bn'
import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Conv2d, Makers } from '@resfn/makers'
import type { ResidualBranch } from '@resfn/residual-block'
import type { Changed, Kept } from './block-kind.ts'
import { type BasicDepth, depths, isBasic, type ResnetDepth } from './depths.ts'
import { basicBlocks, bottlenecks } from './kinds.ts'
import { type FourStages, fourStages } from './stages.ts'
import { rowOf } from '../table.ts'
import type { Stem } from './stems.ts'

/** A net of basic blocks: 10, 18 or 34 layers. */
export type BasicResnet<N extends AnyLayer = BatchNorm> = FourStages<
  Kept<ResidualBranch<N>>,
  Changed<ResidualBranch<N>, ConvBn<N>>,
  Kept<ResidualBranch<N>>,
  Stem<Conv2d, N>
>

/** A net of bottlenecks. */
export type BottleneckResnet<N extends AnyLayer = BatchNorm> = FourStages<
  Changed<BottleneckBranch<N>, ConvBn<N>>,
  Changed<BottleneckBranch<N>, ConvBn<N>>,
  Kept<BottleneckBranch<N>>,
  Stem<Conv2d, N>
>

/** The net of a depth. */
export type Resnet<D extends ResnetDepth = ResnetDepth, N extends AnyLayer = BatchNorm> = D extends BasicDepth
  ? BasicResnet<N>
  : BottleneckResnet<N>

/** The options of a ResNet for ImageNet-sized images. */
export type ResnetOptions<D extends ResnetDepth = ResnetDepth> = {
  /** layers with weights */
  readonly depth: D
  readonly classes: number
  /**
   * where bottlenecks stride: the 3x3 (torchvision, "v1.5"; the default) or the first 1x1
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
 * @throws RangeError if `depths` has no such depth, or classes is not a whole number of at least 1
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
  const blocks = rowOf('resnet', depths, depth)
  const net: BasicResnet<N> | BottleneckResnet<N> = isBasic(depth)
    ? fourStages({ kind: basicBlocks({}, makers), blocks, classes }, makers)
    : fourStages({ kind: bottlenecks(strideOn === undefined ? {} : { strideOn }, makers), blocks, classes }, makers)
  // TypeScript does not narrow a conditional type by a comparison of numbers.
  return net as Resnet<D, N>
}
