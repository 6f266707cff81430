import { conv2d } from '@resfn/conv2d'
import { groupNorm } from '@resfn/group-norm'
import type { AnyLayer } from '@resfn/layer'
import { type Makers, makers } from '@resfn/makers'
import { checkOptions, optional, wholeNumberFrom } from '@resfn/options'
import { weightStandardisation } from '@resfn/weight-standardisation'
import { depths, type ResnetDepth } from '../resnet/depths.ts'
import type { UntypedNet } from '../untyped-net.ts'
import { preActivationBottlenecks } from './kinds.ts'
import { preActivationStages } from './resnetv2.ts'
import { framedStem } from './stems.ts'
import { rowOf } from '../table.ts'

/** Convolutions of standardised weights, and group normalisation in 32 groups: nothing looks at the batch. */
export const bitMakers: Makers<AnyLayer> = {
  ...makers,
  conv: (options) => weightStandardisation(conv2d(options)),
  norm: () => groupNorm(),
}

/** The options of a BiT net. */
export type BitOptions = {
  /** layers with weights: 50, 101, 152 */
  readonly depth: ResnetDepth
  /** how many times as wide it is as a ResNet; 1 by default */
  readonly width?: number
  readonly classes: number
}

/**
 * A BiT ("big transfer") net: a pre-activation ResNet of bottlenecks with standardised weights and group normalisation,
 * and as many times as wide as wanted. 25,549,352 parameters at depth 50 and width 1, 217,319,080 at width 3.
 *
 * @param options depth, width and classes
 * @param own makers others than `bitMakers`
 * @throws OptionsError if width or classes is not a whole number of at least 1
 * @throws RangeError if the table has no such depth
 * @see Kolesnikov et al., "Big transfer (BiT): general visual representation learning" (2019), section 3.1; timm,
 * `timm/models/resnetv2.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bit } from '@resfn/archs/pre-activation'
 * import { summary } from '@resfn/layer'
 *
 * const { params, buffers } = summary(bit({ depth: 50, classes: 1000 }), [224, 224, 3])
 * assert.deepEqual([params, buffers], [25549352, 0])
 * ```
 */
export const bit = (options: BitOptions, own: Makers<AnyLayer> = bitMakers): UntypedNet => {
  const { depth, width = 1, classes } = options
  checkOptions<object>('bit', { width, classes }, { width: optional(wholeNumberFrom(1)), classes: wholeNumberFrom(1) })
  return preActivationStages(
    {
      stem: framedStem({ out: 64 * width }, own),
      kind: preActivationBottlenecks({}, own),
      blocks: rowOf('bit', depths, depth),
      widths: [64 * width, 128 * width, 256 * width, 512 * width],
      classes,
    },
    own,
  )
}
