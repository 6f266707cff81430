import { type BottleneckBranch, bottleneckBranch } from '@resfn/bottleneck'
import type { ConvBn } from '@resfn/conv-bn'
import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'
import { type ResidualBranch, residualBranch } from '@resfn/residual-block'
import { type BlockKind, blockKind, type Changed, type Kept, type Place } from './block-kind.ts'
import { convShortcut, type ShortcutPlace } from './shortcuts.ts'

/** Basic blocks. In the first stage they keep the channels too, and need no projection. */
export type BasicBlocks<S extends AnyLayer, N extends AnyLayer> = BlockKind<
  Kept<ResidualBranch<N>>,
  Changed<ResidualBranch<N>, S>,
  Kept<ResidualBranch<N>>
>

/** Bottlenecks. In the first stage they widen four times, so they project there too. */
export type Bottlenecks<S extends AnyLayer, N extends AnyLayer> = BlockKind<
  Changed<BottleneckBranch<N>, S>,
  Changed<BottleneckBranch<N>, S>,
  Kept<BottleneckBranch<N>>
>

/** The shortcut where the shape changes. */
export type ShortcutOption<S extends AnyLayer> = {
  /** the shortcut where the shape changes; `convShortcut()`, option B, by default */
  readonly shortcut?: (place: Place) => S
}

// The type S is that of option B exactly where no shortcut is given.
const shortcutOr = <S extends AnyLayer, N extends AnyLayer>(
  shortcut: ((place: Place) => S) | undefined,
  makers: Makers<N> | undefined,
): ((place: Place) => S) => shortcut ?? (convShortcut(makers) as unknown as (place: Place) => S)

/**
 * The kind of the nets of 18 and 34 layers: basic blocks, and a shortcut where the shape changes.
 *
 * @param options the shortcut where the shape changes
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), figure 5, left, and section 3.3, option B
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { basicBlocks, fourStages } from '@resfn/archs/resnet'
 * import { subsampleAndPad } from '@resfn/projected-add'
 * import { summary } from '@resfn/layer'
 *
 * const kind = basicBlocks({ shortcut: subsampleAndPad })
 * const net = fourStages({ kind, blocks: [3, 4, 6, 3], classes: 1000 })
 * assert.equal(summary(net, [224, 224, 3]).params, 21623848)
 * ```
 */
export const basicBlocks = <N extends AnyLayer = BatchNorm, S extends AnyLayer = ConvBn<N>>(
  { shortcut }: ShortcutOption<S> = {},
  makers?: Makers<N>,
): BasicBlocks<S, N> =>
  blockKind(
    {
      expansion: 1,
      branch: ({ out, stride }) => residualBranch({ out, stride }, makers),
      shortcut: shortcutOr(shortcut, makers),
    },
    makers,
  )

/** The options of the branches of bottlenecks. */
export type BranchesOptions = {
  /** which convolution strides: the 3x3 (torchvision, "v1.5"; the default) or the first 1x1 (the paper, "v1") */
  readonly strideOn?: '3x3' | '1x1'
  /** groups of the 3x3 convolution, the cardinality of a ResNeXt; 1 by default */
  readonly groups?: number
  /** channels of a group in the first stage, which double with each stage; 64 by default */
  readonly groupWidth?: number
}

/**
 * The channels of the 3x3 convolution of a bottleneck with groups: `floor(out / 4 * groupWidth / 64) * groups`, where
 * `groupWidth` is that of the first stage.
 */
export const groupedWidth = (
  out: number,
  { groups, groupWidth }: { readonly groups: number; readonly groupWidth: number },
): number => Math.floor(((out / 4) * groupWidth) / 64) * groups

/**
 * The branches of bottlenecks as a function of the place, for kinds of block that add to them.
 *
 * @param options which convolution strides, and the groups and their width
 * @param makers others than the usual ones
 * @see Xie et al., "Aggregated residual transformations for deep neural networks" (2017), figure 3 c
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bottleneckBranches } from '@resfn/archs/resnet'
 *
 * const branch = bottleneckBranches({ groups: 32, groupWidth: 4 })({ out: 256, stride: 1 })
 * assert.deepEqual(branch.plan([56, 56, 256]).params.conv2.weight.shape, [3, 3, 4, 128])
 * ```
 */
export const bottleneckBranches =
  <N extends AnyLayer = BatchNorm>(
    { strideOn = '3x3', groups = 1, groupWidth = 64 }: BranchesOptions = {},
    makers?: Makers<N>,
  ): ((place: ShortcutPlace) => BottleneckBranch<N>) =>
  ({ out, stride }) =>
    bottleneckBranch({ out, width: groupedWidth(out, { groups, groupWidth }), groups, stride, strideOn }, makers)

/**
 * The kind of the nets of 50 layers and more: bottlenecks, and a shortcut where the shape changes. With 32 groups of 4
 * channels they are those of ResNeXt 32x4d, with one group of 128 those of the wide ResNets.
 *
 * @param options which convolution strides, the groups and their width, and the shortcut where the shape changes
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), figure 5, right, and section 4.1; Xie et al.,
 * "Aggregated residual transformations for deep neural networks" (2017), figure 3 c
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bottlenecks, fourStages } from '@resfn/archs/resnet'
 * import { summary } from '@resfn/layer'
 *
 * const net = fourStages({ kind: bottlenecks({ strideOn: '1x1' }), blocks: [3, 4, 6, 3], classes: 1000 })
 * assert.equal((summary(net, [224, 224, 3]).macs / 1e9).toFixed(3), '3.858')
 * ```
 */
export const bottlenecks = <N extends AnyLayer = BatchNorm, S extends AnyLayer = ConvBn<N>>(
  { shortcut, ...options }: ShortcutOption<S> & BranchesOptions = {},
  makers?: Makers<N>,
): Bottlenecks<S, N> =>
  blockKind(
    { expansion: 4, branch: bottleneckBranches(options, makers), shortcut: shortcutOr(shortcut, makers) },
    makers,
  )
