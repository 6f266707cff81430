import { type BottleneckBranch, bottleneckBranch } from '@resfn/bottleneck'
import { convBn, type ConvBn } from '@resfn/conv-bn'
import { conv2d } from '@resfn/conv2d'
import { sequential } from '@resfn/layer'
import { squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { type AnyBlockKind, blockKind } from '../resnet/block-kind.ts'
import { attended } from '../resnet/attended.ts'
import { depths } from '../resnet/depths.ts'
import type { ShortcutPlace } from '../resnet/shortcuts.ts'
import { fourStages } from '../resnet/stages.ts'
import { variants } from '../resnet/variants.ts'
import type { AttentionResnet } from './attention-resnet.ts'

/** Bottlenecks of 64 groups of 4 channels, whose first 1x1 convolution has half of their width. */
const branch = ({ out, stride }: ShortcutPlace): BottleneckBranch =>
  sequential({
    ...bottleneckBranch({ out, width: out, groups: 64, stride }).layers,
    conv1: conv2d({ out: out / 2, size: 1 }),
  })

/** A 3x3 convolution where the block strides, 1x1 in the first stage. */
const shortcut = ({ out, stride }: ShortcutPlace): ConvBn => convBn({ out, size: stride === 1 ? 1 : 3, stride })

const kind: AnyBlockKind = blockKind({
  expansion: 4,
  branch: attended(branch, () => squeezeAndExcitation()),
  shortcut,
})

/**
 * SENet-154: 64x4d bottlenecks with half of the width in their first convolution, squeeze-and-excitation, 3x3
 * shortcuts and a deep stem. 115,088,984 parameters with 224x224x3 and 1000 classes.
 *
 * @param options the stem, `variants.s.stem` by default, and classes
 * @throws RangeError if classes is not a whole number of at least 1
 * @see Hu et al., "Squeeze-and-excitation networks" (2018), appendix
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { senet154 } from '@resfn/archs/senet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(senet154({ classes: 1000 }), [224, 224, 3]).params, 115088984)
 * ```
 */
export const senet154 = ({
  stem = variants.s.stem,
  classes,
}: {
  readonly stem?: typeof variants.s.stem
  readonly classes: number
}): AttentionResnet => fourStages({ stem, kind, blocks: depths[152], classes })
