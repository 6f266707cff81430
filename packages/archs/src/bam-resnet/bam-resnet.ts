import { type Bam, bam } from '@resfn/bam'
import { type Sequential, sequential } from '@resfn/layer'
import { type ResnetDepth } from '../resnet/depths.ts'
import { type Resnet, resnet } from '../resnet/resnet.ts'

type Layers<D extends ResnetDepth> = Resnet<D>['layers']

/** A ResNet with attention at its bottlenecks. */
export type BamResnet<D extends ResnetDepth = ResnetDepth> = Sequential<
  Layers<D> & { readonly bam1: Bam; readonly bam2: Bam; readonly bam3: Bam }
>

/**
 * A ResNet with bottleneck attention where the image is about to shrink: after each of its first three stages.
 * 25,915,099 parameters at depth 50 with 224x224x3 and 1000 classes.
 *
 * @param options depth and classes
 * @throws RangeError if `depths` has no such depth, or classes is not a whole number of at least 1
 * @see Park et al., "BAM: bottleneck attention module" (2018), figure 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bamResnet } from '@resfn/archs/bam-resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(bamResnet({ depth: 50, classes: 1000 }), [224, 224, 3]).params, 25915099)
 * ```
 */
export const bamResnet = <D extends ResnetDepth>(options: {
  readonly depth: D
  readonly classes: number
}): BamResnet<D> => {
  const { layer2, layer3, layer4, globalAvgPool, fc, ...begin } = resnet<ResnetDepth>(options).layers
  return sequential({
    ...begin,
    bam1: bam(),
    layer2,
    bam2: bam(),
    layer3,
    bam3: bam(),
    layer4,
    globalAvgPool,
    fc,
  }) as unknown as BamResnet<D>
}
