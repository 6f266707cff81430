import type { AnyLayer } from '@resfn/layer'
import { reduceToMultiple, squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { attended } from '../resnet/attended.ts'
import { type AnyBlockKind, blockKind } from '../resnet/block-kind.ts'
import { bottleneckBranches } from '../resnet/kinds.ts'
import { type FourStages, fourStages } from '../resnet/stages.ts'
import { type StridedStem, stridedStem } from '../resnet/stems.ts'
import { variants } from '../resnet/variants.ts'
import { rowOf } from '../table.ts'

/** Blocks in each of the four stages by depth. */
const table = {
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
  270: [4, 29, 53, 4],
  350: [4, 36, 72, 4],
  420: [4, 44, 87, 4],
} as const

/** The depths of ResNet-RS. */
export type ResnetRsDepth = keyof typeof table

/** A ResNet-RS. */
export type ResnetRs = FourStages<AnyLayer, AnyLayer, AnyLayer, StridedStem<AnyLayer>>

/**
 * A ResNet-RS: the ResNet of variant D with a strided convolution in the place of the max pooling, and
 * squeeze-and-excitation with a quarter of the channels in each branch. 35,691,912 parameters at depth 50, with
 * 224x224x3 and 1000 classes.
 *
 * @param options depth and classes
 * @throws RangeError if the table has no such depth
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Bello et al., "Revisiting ResNets: improved training and scaling strategies" (2021), section 6 and appendix
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnetRs } from '@resfn/archs/resnet-rs'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(resnetRs({ depth: 50, classes: 1000 }), [224, 224, 3]).params, 35691912)
 * ```
 */
export const resnetRs = ({ depth, classes }: { readonly depth: ResnetRsDepth; readonly classes: number }): ResnetRs => {
  const blocks = rowOf('resnetRs', table, depth)
  const { stem, shortcut } = variants.d
  const attention = (): AnyLayer => squeezeAndExcitation({ hidden: reduceToMultiple({ ratio: 0.25 }) })
  const kind: AnyBlockKind = blockKind({ expansion: 4, branch: attended(bottleneckBranches(), attention), shortcut })
  return fourStages({ stem: stridedStem(stem, { out: 64 }), kind, blocks, classes })
}
