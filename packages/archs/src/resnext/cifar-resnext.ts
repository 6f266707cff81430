import type { ConvBn } from '@resfn/conv-bn'
import type { BottleneckBranch } from '@resfn/bottleneck'
import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'
import type { Changed, Kept } from '../resnet/block-kind.ts'
import { bottlenecks } from '../resnet/kinds.ts'
import { type ThreeStages, threeStages } from '../resnet/stages.ts'
import { smallStem, type SmallStem } from '../resnet/stems.ts'

/** A ResNeXt of three stages. */
export type CifarResnext<N extends AnyLayer = BatchNorm> = ThreeStages<
  Changed<BottleneckBranch<N>, ConvBn<N>>,
  Changed<BottleneckBranch<N>, ConvBn<N>>,
  Kept<BottleneckBranch<N>>,
  SmallStem<N>
>

/**
 * A ResNeXt for 32x32 images: a 3x3 stem of 64 channels, and three stages of n grouped bottlenecks with 256, 512 and
 * 1024 channels; depth 9n + 2. 34,426,698 parameters at depth 29 and 8x64d, with 10 classes.
 *
 * @param options depth (29), cardinality (the 8 of 8x64d), width of a group in the first stage (the 64), and classes
 * @param makers others than the usual ones
 * @throws RangeError if depth is not 9n + 2
 * @throws OptionsError if a number is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Xie et al., "Aggregated residual transformations for deep neural networks" (2017), section 5.3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarResnext } from '@resfn/archs/resnext'
 * import { summary } from '@resfn/layer'
 *
 * const net = cifarResnext({ depth: 29, cardinality: 32, groupWidth: 4, classes: 10 })
 * assert.equal(summary(net, [32, 32, 3]).params, 4775754)
 * ```
 */
export const cifarResnext = <N extends AnyLayer = BatchNorm>(
  options: {
    readonly depth: number
    readonly cardinality: number
    readonly groupWidth: number
    readonly classes: number
  },
  makers?: Makers<N>,
): CifarResnext<N> => {
  const { depth, cardinality, groupWidth, classes } = options
  const n = (depth - 2) / 9
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`cifarResnext: depth must be 9n + 2 (11, 20, 29, 38, ...), not ${depth}`)
  return threeStages({
    stem: smallStem({ out: 64 }, makers),
    kind: bottlenecks({ groups: cardinality, groupWidth }, makers),
    blocks: [n, n, n],
    widths: [64, 128, 256],
    classes,
  })
}
