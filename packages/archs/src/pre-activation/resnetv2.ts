import { dense } from '@resfn/dense'
import { type AnyLayer, normal, sequential, zeros } from '@resfn/layer'
import { type Makers, makersOr } from '@resfn/makers'
import type { AnyBlockKind } from '../resnet/block-kind.ts'
import { depths, isBasic, type ResnetDepth } from '../resnet/depths.ts'
import { fourStages } from '../resnet/stages.ts'
import { type UntypedNet, untypedNet } from '../untyped-net.ts'
import { bareAveragedShortcut, bareShortcut, preActivationBlocks, preActivationBottlenecks } from './kinds.ts'
import { bareDeepStem, type BareStem, bareStem } from './stems.ts'
import { rowOf } from '../table.ts'
import type { ShortcutPlace } from '../resnet/shortcuts.ts'

/** The options of a pre-activation net of four stages. */
export type PreActivationStagesOptions = {
  readonly stem: BareStem
  /** the kind of unit: `preActivationBlocks()`, `preActivationBottlenecks()`, or one of `preActivationKind` */
  readonly kind: AnyBlockKind
  readonly blocks: readonly [number, number, number, number]
  readonly classes: number
  /** channels of each stage before the expansion; 64, 128, 256, 512 by default */
  readonly widths?: readonly [number, number, number, number]
}

/**
 * A pre-activation net of four stages: a stem without an activation, units that have theirs, one more normalisation and
 * activation after the last, global average pooling and a fully connected layer.
 *
 * @param options stem, kind of unit, number of units in each stage, classes and widths
 * @param makers others than the usual ones, for the last normalisation and activation
 * @throws OptionsError if a count is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 4; timm, `timm/models/resnetv2.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bareStem, preActivationBlocks, preActivationStages } from '@resfn/archs/pre-activation'
 *
 * const net = preActivationStages({ stem: bareStem(), kind: preActivationBlocks(), blocks: [1, 1, 1, 1], classes: 10 })
 * assert.deepEqual(net.plan([64, 64, 3]).output, [10])
 * ```
 */
export const preActivationStages = (
  { classes, ...options }: PreActivationStagesOptions,
  makers?: Makers<AnyLayer>,
): UntypedNet => {
  const { norm, act } = makersOr(makers)
  const { fc: _, ...body } = fourStages({ ...options, tail: { norm: norm(), act }, classes }).layers
  return untypedNet(
    sequential({ ...body, fc: dense({ out: classes, initial: { weight: normal(0.01), bias: zeros } }) }),
  )
}

/** The options of a pre-activation ResNet for ImageNet-sized images. */
export type Resnetv2Options = {
  /** layers with weights */
  readonly depth: ResnetDepth
  readonly classes: number
  /** a deep stem and averaging shortcuts (`d`), or the same with a tiered stem (`t`); neither by default */
  readonly variant?: 'd' | 't'
}

/**
 * A pre-activation ResNet for ImageNet-sized images as timm has it. 25,549,352 parameters at depth 50 with 224x224x3
 * and 1000 classes.
 *
 * @param options depth, classes and variant
 * @param makers others than the usual ones
 * @throws RangeError if the table has no such depth
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Identity mappings in deep residual networks" (2016); timm, `timm/models/resnetv2.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnetv2 } from '@resfn/archs/pre-activation'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(resnetv2({ depth: 50, classes: 1000 }), [224, 224, 3]).params, 25549352)
 * ```
 */
export const resnetv2 = ({ depth, classes, variant }: Resnetv2Options, makers?: Makers<AnyLayer>): UntypedNet => {
  const blocks = rowOf('resnetv2', depths, depth)
  const widths = variant === 't' ? ([24, 32, 64] as const) : ([32, 32, 64] as const)
  const stem = variant === undefined ? bareStem({}, makers) : bareDeepStem({ widths }, makers)
  const shortcut: (place: ShortcutPlace) => AnyLayer =
    variant === undefined ? bareShortcut(makers) : bareAveragedShortcut(makers)
  const kind = isBasic(depth)
    ? preActivationBlocks({ shortcut }, makers)
    : preActivationBottlenecks({ shortcut }, makers)
  return preActivationStages({ stem, kind, blocks, classes }, makers)
}
