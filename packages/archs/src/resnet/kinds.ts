import { type BottleneckBranch, bottleneckBranch } from '@resfn/bottleneck'
import type { ConvBn } from '@resfn/conv-bn'
import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'
import { type ResidualBranch, residualBranch } from '@resfn/residual-block'
import { type BlockKind, blockKind, type Changed, type Kept, type Place } from './block-kind.ts'
import { convShortcut } from './shortcuts.ts'

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

/**
 * The kind of the nets of 50 layers and more: bottlenecks, and a shortcut where the shape changes.
 *
 * @param options which convolution strides, the 3x3 by default, and the shortcut where the shape changes
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), figure 5, right, and section 4.1
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
  { strideOn = '3x3', shortcut }: ShortcutOption<S> & { readonly strideOn?: '3x3' | '1x1' } = {},
  makers?: Makers<N>,
): Bottlenecks<S, N> =>
  blockKind(
    {
      expansion: 4,
      branch: ({ out, stride }) => bottleneckBranch({ out, stride, strideOn }, makers),
      shortcut: shortcutOr(shortcut, makers),
    },
    makers,
  )
