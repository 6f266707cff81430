import { relu } from '@resfn/activation'
import { type AnyLayer, sequential } from '@resfn/layer'
import { residualBranch } from '@resfn/residual-block'
import { reduceBy, squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { attended } from '../resnet/attended.ts'
import { type AnyBlockKind, blockKind } from '../resnet/block-kind.ts'
import { depths, isBasic, type ResnetDepth } from '../resnet/depths.ts'
import { bottleneckBranches } from '../resnet/kinds.ts'
import { convShortcut, type ShortcutPlace } from '../resnet/shortcuts.ts'
import { fourStages } from '../resnet/stages.ts'
import { caffePool, type Stem, usualStem } from '../resnet/stems.ts'
import type { AttentionResnet } from './attention-resnet.ts'

const attention = (): AnyLayer => squeezeAndExcitation({ hidden: reduceBy(16) })

/** Basic branches with an activation after their last normalisation, before the attention. */
const basicBranch = (place: ShortcutPlace) => sequential({ ...residualBranch(place).layers, act2: relu })

/** The options of the first SE-ResNets for PyTorch. */
export type LegacySeResnetOptions = {
  /** layers with weights */
  readonly depth: ResnetDepth
  /** the groups of a SE-ResNeXt, of 4 channels in the first stage; 1 by default */
  readonly groups?: number
  readonly classes: number
}

/**
 * The first SE-ResNets and SE-ResNeXts for PyTorch, with the habits of Caffe: max pooling without padding, rounded up;
 * bottlenecks without groups stride in their first convolution; basic blocks have one ReLU more, before the attention;
 * hidden features are rounded down. 11,778,592 parameters at depth 18 with 224x224x3 and 1000 classes.
 *
 * @param options depth, groups and classes
 * @throws RangeError if classes is not a whole number of at least 1
 * @see timm, `timm/models/senet.py`, after Cadene's `pretrainedmodels/models/senet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { legacySeResnet } from '@resfn/archs/senet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(legacySeResnet({ depth: 18, classes: 1000 }), [224, 224, 3]).params, 11778592)
 * ```
 */
export const legacySeResnet = ({ depth, groups = 1, classes }: LegacySeResnetOptions): AttentionResnet => {
  const branches = groups === 1 ? ({ strideOn: '1x1' } as const) : { groups, groupWidth: 4 }
  const kind: AnyBlockKind = isBasic(depth)
    ? blockKind({ expansion: 1, branch: attended(basicBranch, attention), shortcut: convShortcut() })
    : blockKind({
        expansion: 4,
        branch: attended(bottleneckBranches(branches), attention),
        shortcut: convShortcut(),
      })
  const stem: Stem<AnyLayer> = caffePool(usualStem())
  return fourStages({ stem, kind, blocks: depths[depth], classes })
}
