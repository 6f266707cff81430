import { bottleneckBranch } from '@resfn/bottleneck'
import { identityAdd } from '@resfn/identity-add'
import { type AnyLayer, type Layers, sequential } from '@resfn/layer'
import { type Makers, makersOr } from '@resfn/makers'
import { preActivation, preActivationBottleneckBranch } from '@resfn/pre-activation'
import { residualAttention, type ResidualAttentionOptions, softMask } from '@resfn/residual-attention'
import { type AnyBlockKind, blockKind, type Place } from '../resnet/block-kind.ts'
import { convShortcut } from '../resnet/shortcuts.ts'

/** What attention nets are made of. */
export type AttentionUnits = {
  /** the unit that changes the shape */
  readonly change: (place: Place) => AnyLayer
  /** the unit that keeps it */
  readonly keep: (place: Place) => AnyLayer
  /** the end of a mask */
  readonly mask: (place: Place) => AnyLayer
  /** what follows the last unit, by name */
  readonly tail: Layers
}

/**
 * Pre-activation bottlenecks, as in the nets called Attention.
 *
 * @param makers others than the usual ones
 * @see Wang et al., "Residual attention network for image classification" (2017), section 4.1; the released
 * `Attention-56-deploy.prototxt`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { preActivated } from '@resfn/archs/residual-attention'
 *
 * const unit = preActivated().change({ out: 512, stride: 2, index: 4, blocks: 9 })
 * assert.deepEqual(unit.plan([56, 56, 256]).output, [28, 28, 512])
 * ```
 */
export const preActivated = (makers?: Makers<AnyLayer>): AttentionUnits => ({
  change: ({ out, stride }) =>
    preActivation(
      preActivationBottleneckBranch({ out, stride }, makers),
      makersOr(makers).conv({ out, size: 1, stride }),
    ),
  keep: ({ out }) => identityAdd(preActivationBottleneckBranch({ out }, makers)),
  mask: ({ out }) => softMask({ out }, makers),
  tail: { norm: makersOr(makers).norm(), act: makersOr(makers).act },
})

/**
 * The blocks of ResNeXt with 32 groups and activations after the sum, as in the nets called AttentionNeXt.
 *
 * @param makers others than the usual ones
 * @see the released `AttentionNeXt-56-deploy.prototxt`; Xie et al., "Aggregated residual transformations for deep
 * neural networks" (2017), figure 3c
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { grouped } from '@resfn/archs/residual-attention'
 *
 * const unit = grouped().change({ out: 512, stride: 2, index: 4, blocks: 9 })
 * assert.deepEqual(unit.plan([56, 56, 256]).output, [28, 28, 512])
 * ```
 */
export const grouped = (makers?: Makers<AnyLayer>): AttentionUnits => {
  const branch = ({ out, stride }: Place): AnyLayer =>
    bottleneckBranch({ out, width: out / 2, stride, groups: 32 }, makers)
  const { down, keep } = blockKind({ expansion: 4, branch, shortcut: convShortcut(makers) }, makers)
  return {
    change: down,
    keep,
    mask: ({ out }) => {
      // What comes in has been activated.
      const { norm1: _, act1: __, ...layers } = softMask({ out }, makers).layers
      return sequential(layers)
    },
    tail: {},
  }
}

/**
 * The kind of block of an attention net: a unit where the shape changes, then attention modules, or units where the
 * mask has no depth.
 *
 * @param units what the net is made of
 * @param depthAt the depth of the mask at a place, `undefined` for a unit
 * @param form the modules where they are others than the paper's
 * @see Wang et al., "Residual attention network for image classification" (2017), table 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { attentionBlocks, preActivated } from '@resfn/archs/residual-attention'
 * import { threeStages } from '@resfn/archs/resnet'
 * import { conv2d } from '@resfn/conv2d'
 *
 * const kind = attentionBlocks(preActivated(), ({ out }) => (out === 64 ? 2 : undefined))
 * const stem = { conv1: conv2d({ out: 16, size: 3 }) }
 * assert.deepEqual(threeStages({ stem, kind, blocks: [2, 2, 2], classes: 10 }).plan([32, 32, 3]).output, [10])
 * ```
 */
export const attentionBlocks = (
  units: AttentionUnits,
  depthAt: (place: Place) => number | undefined,
  form: Omit<ResidualAttentionOptions, 'out' | 'depth' | 'unit' | 'mask'> = {},
): AnyBlockKind => ({
  expansion: 4,
  begin: units.change,
  down: units.change,
  keep: (place) => {
    const [depth, unit] = [depthAt(place), units.keep(place)]
    return depth === undefined
      ? unit
      : residualAttention({ ...form, out: place.out, depth, unit, mask: units.mask(place) })
  },
})
