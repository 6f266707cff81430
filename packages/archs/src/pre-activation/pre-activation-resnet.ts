import { dense } from '@resfn/dense'
import { type AnyLayer, kaimingNormal, sequential, zeros } from '@resfn/layer'
import { makers as usual, type Makers, makersOr } from '@resfn/makers'
import { cifarMakers } from '../cifar-resnet/cifar-resnet.ts'
import type { AnyBlockKind } from '../resnet/block-kind.ts'
import { depths, isBasic, type ResnetDepth } from '../resnet/depths.ts'
import { fourStages, threeStages } from '../resnet/stages.ts'
import { usualStem } from '../resnet/stems.ts'
import { type UntypedNet, untypedNet } from '../untyped-net.ts'
import { preActivationBlocks, preActivationBottlenecks } from './kinds.ts'
import { rowOf } from '../table.ts'

/**
 * A pre-activation ResNet for ImageNet-sized images as its authors released it: the stem is that of ResNet, with its
 * normalisation and activation, so that the first unit begins with its convolution.
 *
 * @param options depth and classes
 * @param makers others than the usual ones
 * @throws RangeError if the table has no such depth
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 4 and table 5; fb.resnet.torch,
 * `models/preresnet.lua`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { preActivationResnet } from '@resfn/archs/pre-activation'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(preActivationResnet({ depth: 200, classes: 1000 }), [224, 224, 3]).params, 64666152)
 * ```
 */
export const preActivationResnet = (
  { depth, classes }: { readonly depth: ResnetDepth; readonly classes: number },
  makers?: Makers<AnyLayer>,
): UntypedNet => {
  const blocks = rowOf('preActivationResnet', depths, depth)
  const { norm, act } = makersOr(makers)
  const kinds = isBasic(depth) ? preActivationBlocks : preActivationBottlenecks
  const kind: AnyBlockKind = kinds({ after: 'activation' }, makers)
  return untypedNet(fourStages({ stem: usualStem(makers), kind, blocks, tail: { norm: norm(), act }, classes }))
}

/** The options of a pre-activation net for small images. */
export type CifarPreActivationOptions = {
  /** 6n + 2 with basic units, 9n + 2 with bottlenecks */
  readonly depth: number
  readonly classes: number
  readonly units: 'basic' | 'bottleneck'
}

/**
 * A pre-activation ResNet for 32x32 or 28x28 images: a 3x3 convolution, three stages of units with 16, 32 and 64
 * channels (four times as many with bottlenecks), one more normalisation and activation, and the head. 1,703,258
 * parameters at depth 164 with 10 classes.
 *
 * @param options depth, classes, and which units
 * @param makers others than `cifarMakers`
 * @throws RangeError if depth is not 6n + 2, or 9n + 2 with bottlenecks
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 4 and table 4; the authors'
 * `resnet-1k-layers`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarPreActivationResnet } from '@resfn/archs/pre-activation'
 * import { summary } from '@resfn/layer'
 *
 * const net = cifarPreActivationResnet({ depth: 1001, units: 'bottleneck', classes: 10 })
 * assert.equal(summary(net, [32, 32, 3]).params, 10327706)
 * ```
 */
export const cifarPreActivationResnet = (
  { depth, units, classes }: CifarPreActivationOptions,
  makers: Makers<AnyLayer> = cifarMakers,
): UntypedNet => {
  const layers = units === 'basic' ? 6 : 9
  const count = (depth - 2) / layers
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`cifarPreActivationResnet: depth must be ${layers}n + 2 with ${units} units, not ${depth}`)
  const { conv, norm, act } = makers
  const kind: AnyBlockKind =
    units === 'basic' ? preActivationBlocks({}, makers) : preActivationBottlenecks({ strideOn: '1x1' }, makers)
  const { fc: _, ...body } = threeStages({
    stem: { conv1: conv({ out: 16, size: 3 }) },
    kind,
    blocks: [count, count, count],
    tail: { norm: norm(), act },
    classes,
  }).layers
  return untypedNet(
    sequential({ ...body, fc: dense({ out: classes, initial: { weight: kaimingNormal('in'), bias: zeros } }) }),
  )
}

/**
 * The pre-activation ResNet of kuangliu's `pytorch-cifar` for 32x32 images: the widths of ImageNet behind a 3x3
 * convolution, and no normalisation or activation after the last unit. 11,171,146 parameters at depth 18.
 *
 * @param options depth and classes
 * @param makers others than the usual ones
 * @throws RangeError if the table has no such depth
 * @see kuangliu, `pytorch-cifar/models/preact_resnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { kuangliuPreActivationResnet } from '@resfn/archs/pre-activation'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(kuangliuPreActivationResnet({ depth: 18, classes: 10 }), [32, 32, 3]).params, 11171146)
 * ```
 */
export const kuangliuPreActivationResnet = (
  { depth, classes }: { readonly depth: ResnetDepth; readonly classes: number },
  makers: Makers<AnyLayer> = usual,
): UntypedNet => {
  const blocks = rowOf('kuangliuPreActivationResnet', depths, depth)
  const kind: AnyBlockKind = isBasic(depth) ? preActivationBlocks({}, makers) : preActivationBottlenecks({}, makers)
  return untypedNet(fourStages({ stem: { conv1: makers.conv({ out: 64, size: 3 }) }, kind, blocks, classes }))
}
