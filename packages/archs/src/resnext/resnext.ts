import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'
import { depths } from '../resnet/depths.ts'
import { bottlenecks } from '../resnet/kinds.ts'
import type { BottleneckResnet } from '../resnet/resnet.ts'
import { fourStages } from '../resnet/stages.ts'

/** The options of a ResNeXt. */
export type ResnextOptions = {
  /** layers with weights */
  readonly depth: 50 | 101 | 152
  /** groups of the 3x3 convolutions: the 32 of 32x4d */
  readonly cardinality: number
  /** channels of a group in the first stage, which double with each stage: the 4 of 32x4d */
  readonly groupWidth: number
  readonly classes: number
}

/**
 * A ResNeXt for ImageNet-sized images: the ResNet of the same depth with grouped 3x3 convolutions in its bottlenecks.
 * 25,028,904 parameters for depth 50 and 32x4d, with 224x224x3 and 1000 classes.
 *
 * @param options depth, cardinality, width of a group, and classes
 * @param makers others than the usual ones
 * @throws OptionsError if a number is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Xie et al., "Aggregated residual transformations for deep neural networks" (2017), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnext } from '@resfn/archs/resnext'
 * import { summary } from '@resfn/layer'
 *
 * const net = resnext({ depth: 50, cardinality: 32, groupWidth: 4, classes: 1000 })
 * assert.equal(summary(net, [224, 224, 3]).params, 25028904)
 * ```
 */
export const resnext = <N extends AnyLayer = BatchNorm>(
  { depth, cardinality, groupWidth, classes }: ResnextOptions,
  makers?: Makers<N>,
): BottleneckResnet<N> =>
  fourStages({ kind: bottlenecks({ groups: cardinality, groupWidth }, makers), blocks: depths[depth], classes }, makers)
