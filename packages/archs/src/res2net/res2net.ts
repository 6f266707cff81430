import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'
import { type Res2netBranch, res2netBranch } from '@resfn/res2net'
import { type BlockKind, blockKind, type Changed, convShortcut, type Kept, type Place } from '../resnet/index.ts'
import { groupedWidth } from '../resnet/kinds.ts'

/** Bottlenecks with a hierarchy of scales. They widen four times, so they project in the first stage too. */
export type Res2netBlocks<S extends AnyLayer, N extends AnyLayer = BatchNorm> = BlockKind<
  Changed<Res2netBranch<N>, S>,
  Changed<Res2netBranch<N>, S>,
  Kept<Res2netBranch<N>>
>

/** The options of the blocks of a Res2Net. */
export type Res2netBlockOptions<S extends AnyLayer> = {
  /** channels of a scale, for each group, where the block has 256 output channels; 26 by default */
  readonly baseWidth?: number
  /** scales; 4 by default */
  readonly scales?: number
  /** groups of the 3x3 convolutions; 1 by default, 8 in Res2NeXt */
  readonly cardinality?: number
  /** the shortcut where the shape changes; `convShortcut()`, option B, by default */
  readonly shortcut?: (place: Place) => S
}

/**
 * The kind of Res2Net: bottlenecks with a hierarchy of scales, without a chain in the first block of each stage. A net
 * `26w_4s` has base width 26 and 4 scales.
 *
 * @param options base width, scales, cardinality and the shortcut
 * @param makers others than the usual ones
 * @see Gao et al., "Res2Net: a new multi-scale backbone architecture" (2019), section 3 and table 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { res2netBlocks } from '@resfn/archs/res2net'
 * import { depths, fourStages } from '@resfn/archs/resnet'
 * import { summary } from '@resfn/layer'
 *
 * const kind = res2netBlocks({ baseWidth: 48, scales: 2 })
 * const res2net50 = fourStages({ kind, blocks: depths[50], classes: 1000 })
 * assert.equal(summary(res2net50, [224, 224, 3]).params, 25287304)
 * ```
 */
export const res2netBlocks = <N extends AnyLayer = BatchNorm, S extends AnyLayer = AnyLayer>(
  { baseWidth = 26, scales = 4, cardinality = 1, shortcut }: Res2netBlockOptions<S> = {},
  makers?: Makers<N>,
): Res2netBlocks<S, N> =>
  blockKind(
    {
      expansion: 4,
      branch: ({ out, stride, index }) =>
        res2netBranch(
          {
            out,
            width: groupedWidth(out, { groups: cardinality, groupWidth: baseWidth }),
            scales,
            groups: cardinality,
            stride,
            // The first block of a later stage strides.
            chained: stride === 1 && index > 0,
          },
          makers,
        ),
      shortcut: shortcut ?? (convShortcut(makers) as unknown as (place: Place) => S),
    },
    makers,
  )
