import type { AnyLayer } from '@resfn/layer'
import { residualBranch } from '@resfn/residual-block'
import { reduceBy, squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { cifarMakers } from '../cifar-resnet/cifar-resnet.ts'
import { attended } from '../resnet/attended.ts'
import { type AnyBlockKind, blockKind } from '../resnet/block-kind.ts'
import { bottleneckBranches } from '../resnet/kinds.ts'
import { convShortcut, type ShortcutPlace } from '../resnet/shortcuts.ts'
import { type ThreeStages, threeStages } from '../resnet/stages.ts'
import { smallStem, type SmallStem } from '../resnet/stems.ts'

const attention = (): AnyLayer => squeezeAndExcitation({ hidden: reduceBy(16) }, cifarMakers)
const shortcut = convShortcut(cifarMakers)

const basic: AnyBlockKind = blockKind({
  expansion: 1,
  branch: attended((place: ShortcutPlace) => residualBranch(place, cifarMakers), attention),
  shortcut,
})
const bottleneck: AnyBlockKind = blockKind({
  expansion: 4,
  branch: attended(bottleneckBranches({}, cifarMakers), attention),
  shortcut,
})

/** A SE-ResNet of three stages. */
export type CifarSeResnet = ThreeStages<AnyLayer, AnyLayer, AnyLayer, SmallStem>

/**
 * A SE-ResNet for 32x32 images: three stages of n basic blocks (depth 6n + 2), or of n bottlenecks from 164 layers on
 * (depth 9n + 2), with squeeze-and-excitation and 1x1 shortcuts where the shape changes. 274,847 parameters at depth 20
 * with 10 classes.
 *
 * @param options depth and classes
 * @throws RangeError if there is no net of this depth, or classes is not a whole number of at least 1
 * @see Hu et al., "Squeeze-and-excitation networks" (2018), section 6.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarSeResnet } from '@resfn/archs/senet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cifarSeResnet({ depth: 20, classes: 10 }), [32, 32, 3]).params, 274847)
 * ```
 */
export const cifarSeResnet = ({
  depth,
  classes,
}: {
  readonly depth: number
  readonly classes: number
}): CifarSeResnet => {
  const layers = depth < 164 ? 6 : 9
  const n = (depth - 2) / layers
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`cifarSeResnet: depth must be 6n + 2 below 164 and 9n + 2 from there on, not ${depth}`)
  const kind = layers === 6 ? basic : bottleneck
  return threeStages({ stem: smallStem({ out: 16 }, cifarMakers), kind, blocks: [n, n, n], classes })
}
