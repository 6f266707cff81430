import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'
import { type ResnestBranch, resnestBranch, type ResnestBranchOptions } from '@resfn/split-attention'
import {
  type AveragedShortcut,
  averagedShortcut,
  type BlockKind,
  blockKind,
  type Changed,
  deepStem,
  depths,
  type FourStages,
  fourStages,
  type Kept,
  type ResnetDepth,
  type Stem,
  type ThreeConvs,
} from '../resnet/index.ts'
import { rowOf } from '../table.ts'
import { groupedWidth } from '../resnet/kinds.ts'

const table = {
  14: depths[14],
  26: depths[26],
  50: depths[50],
  101: depths[101],
  200: depths[200],
  269: depths[269],
}

/** What the blocks of a ResNeSt differ in. */
export type ResnestBlockOptions = Pick<ResnestBranchOptions, 'radix' | 'cardinality' | 'avd'> & {
  /** channels of a group where the block has 256 output channels; 64 by default */
  readonly baseWidth?: number
}

/** Blocks with split attention. They widen four times, so they project in the first stage too. */
export type ResnestBlocks<N extends AnyLayer = BatchNorm> = BlockKind<
  Changed<ResnestBranch<N>, AveragedShortcut<N>>,
  Changed<ResnestBranch<N>, AveragedShortcut<N>>,
  Kept<ResnestBranch<N>>
>

/** A ResNeSt. */
export type Resnest<N extends AnyLayer = BatchNorm> = FourStages<
  Changed<ResnestBranch<N>, AveragedShortcut<N>>,
  Changed<ResnestBranch<N>, AveragedShortcut<N>>,
  Kept<ResnestBranch<N>>,
  Stem<ThreeConvs<N>, N>
>

/** The options of a ResNeSt. */
export type ResnestOptions = ResnestBlockOptions & {
  /** layers with weights, those of the attention not counted */
  readonly depth: Extract<ResnetDepth, 14 | 26 | 50 | 101 | 200 | 269>
  readonly classes: number
}

/**
 * The kind of ResNeSt: bottlenecks with split attention, and average pooling before the 1x1 convolution of the
 * shortcut. A net `2s1x64d` has radix 2, cardinality 1 and base width 64.
 *
 * @param options radix, cardinality, base width, and where the average pooling of a block stands
 * @param makers others than the usual ones
 * @see Zhang et al., "ResNeSt: split-attention networks" (2020), figure 2 and table 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnestBlocks } from '@resfn/archs/resnest'
 *
 * const block = resnestBlocks({ radix: 4, cardinality: 2, baseWidth: 40 }).keep({ out: 256, stride: 1, index: 0, blocks: 1 })
 * assert.deepEqual(block.plan([56, 56, 256]).params.conv1.weight.shape, [1, 1, 256, 80])
 * ```
 */
export const resnestBlocks = <N extends AnyLayer = BatchNorm>(
  { cardinality = 1, baseWidth = 64, ...others }: ResnestBlockOptions = {},
  makers?: Makers<N>,
): ResnestBlocks<N> =>
  blockKind(
    {
      expansion: 4,
      branch: ({ out, stride }) =>
        resnestBranch(
          {
            ...others,
            out,
            stride,
            cardinality,
            width: groupedWidth(out, { groups: cardinality, groupWidth: baseWidth }),
          },
          makers,
        ),
      shortcut: averagedShortcut(makers),
    },
    makers,
  )

/**
 * A ResNeSt for ImageNet-sized images: a deep stem, which is twice as wide from 101 layers on, and four stages of
 * bottlenecks with split attention. 27,483,240 parameters for depth 50 with 224x224x3 and 1000 classes.
 *
 * @param options depth, classes, and radix, cardinality, base width and pooling of the blocks
 * @param makers others than the usual ones
 * @throws RangeError if depth is not one of 14, 26, 50, 101, 200, 269, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Zhang et al., "ResNeSt: split-attention networks" (2020), section 4
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnest } from '@resfn/archs/resnest'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(resnest({ depth: 50, classes: 1000 }), [224, 224, 3]).params, 27483240)
 * ```
 */
export const resnest = <N extends AnyLayer = BatchNorm>(
  { depth, classes, ...block }: ResnestOptions,
  makers?: Makers<N>,
): Resnest<N> => {
  const blocks = rowOf('resnest', table, depth)
  const width = depth < 101 ? 32 : 64
  const stem = deepStem({ widths: [width, width, 2 * width] }, makers)
  return fourStages({ stem, kind: resnestBlocks(block, makers), blocks, classes }, makers)
}
