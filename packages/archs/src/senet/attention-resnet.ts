import type { AnyLayer } from '@resfn/layer'
import { residualBranch } from '@resfn/residual-block'
import { attended } from '../resnet/attended.ts'
import { type AnyBlockKind, blockKind } from '../resnet/block-kind.ts'
import { bottleneckBranches, type BranchesOptions } from '../resnet/kinds.ts'
import { type FourStages, fourStages } from '../resnet/stages.ts'
import type { Stem } from '../resnet/stems.ts'
import { type Variant, variants } from '../resnet/variants.ts'

/** A net whose branches end with an attention. */
export type AttentionResnet = FourStages<AnyLayer, AnyLayer, AnyLayer, Stem<AnyLayer>>

/** The options of a net whose branches end with an attention. */
export type AttentionResnetOptions = BranchesOptions & {
  /** makes the attention, such as `squeezeAndExcitation` or `efficientChannelAttention` */
  readonly attention: () => AnyLayer
  /** blocks in each stage, such as `depths[50]` */
  readonly blocks: readonly [number, number, number, number]
  /** whether the blocks are basic ones of two 3x3 convolutions; they are bottlenecks by default */
  readonly basic?: boolean
  /** stem and shortcut; `variants.b` by default */
  readonly variant?: Pick<Variant, 'stem' | 'shortcut'>
  readonly classes: number
}

/**
 * A ResNet or ResNeXt whose branches end with an attention: SE-ResNet, ECA-ResNet, CBAM-ResNet. 28,088,024 parameters
 * with squeeze-and-excitation and the blocks of depth 50, with 224x224x3 and 1000 classes.
 *
 * @param options the attention, the blocks of each stage, the groups of the bottlenecks, stem and shortcut, and classes
 * @throws OptionsError if a count is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Hu et al., "Squeeze-and-excitation networks" (2018), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { attentionResnet } from '@resfn/archs/senet'
 * import { depths, variants } from '@resfn/archs/resnet'
 * import { efficientChannelAttention } from '@resfn/efficient-channel-attention'
 * import { summary } from '@resfn/layer'
 *
 * const attention = () => efficientChannelAttention()
 * const ecaresnet50d = attentionResnet({ attention, blocks: depths[50], variant: variants.d, classes: 1000 })
 * assert.equal(summary(ecaresnet50d, [224, 224, 3]).params, 25576350)
 * ```
 */
export const attentionResnet = (options: AttentionResnetOptions): AttentionResnet => {
  const { attention, blocks, basic = false, variant = variants.b, classes, ...branches } = options
  const { stem, shortcut } = variant
  const kind: AnyBlockKind = basic
    ? blockKind({ expansion: 1, branch: attended(residualBranch, attention), shortcut })
    : blockKind({ expansion: 4, branch: attended(bottleneckBranches(branches), attention), shortcut })
  return fourStages({ stem, kind, blocks, classes })
}
