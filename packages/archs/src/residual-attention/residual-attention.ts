import type { AnyLayer, Empty, Layer } from '@resfn/layer'
import { type Makers, makersOr } from '@resfn/makers'
import { maxPool } from '@resfn/pool'
import { type Fuse, maskDepth, type ResidualAttentionOptions } from '@resfn/residual-attention'
import { fourStages, threeStages } from '../resnet/stages.ts'
import { usualStem } from '../resnet/stems.ts'
import { type UntypedNet, untypedNet } from '../untyped-net.ts'
import { attentionBlocks, type AttentionUnits, grouped, preActivated } from './units.ts'
import { rowOf } from '../table.ts'

/** Attention modules in the first three stages, by the depth of the net. */
const table = {
  56: [1, 1, 1],
  92: [1, 2, 3],
  128: [2, 3, 4],
  164: [3, 4, 5],
  200: [4, 5, 6],
  236: [5, 6, 7],
  452: [5, 6, 7],
} as const

/** The depths of the paper's nets. */
export type AttentionDepth = keyof typeof table

/** Units before the trunk, in it, and at each step of the mask: the deepest net has more of them. */
const countsOf = (depth: number): Pick<ResidualAttentionOptions, 'p' | 't' | 'r'> =>
  depth === 452 ? { p: 2, t: 4, r: 3 } : {}

/** How the image is halved: with Caffe's rounding in the released nets, with padding in the ports. */
const poolOf = (fuse: Fuse): Layer<Empty> =>
  fuse === 'paper' ? maxPool({ size: 3, stride: 2, ceilMode: true }) : maxPool({ size: 3, stride: 2, padding: 1 })

/** The depth of the masks in each stage, of which the first has this size, that brings all to the same smallest one. */
const depthsFrom = (side: number, smallest: number): readonly number[] =>
  [side, side / 2, side / 4].map((stage) => maskDepth([stage, stage], smallest))

/** The options of an attention net. */
export type AttentionNetOptions = {
  readonly depth: AttentionDepth
  readonly classes: number
  /**
   * `paper`: the released nets. `tsf`: the ports, which add the layer whose size they take on the way up, and pool with
   * padding.
   */
  readonly fuse?: Fuse
}

/** The nets for ImageNet-sized images, of any units. */
const large = (
  caller: string,
  { depth, classes, fuse = 'paper' }: AttentionNetOptions,
  units: AttentionUnits,
  makers: Makers<AnyLayer> | undefined,
): UntypedNet => {
  const [first, second, third] = rowOf(caller, table, depth)
  const pool = poolOf(fuse)
  const [outs, depths] = [[256, 512, 1024], depthsFrom(56, 7)]
  const kind = attentionBlocks(units, ({ out }) => depths[outs.indexOf(out)], { ...countsOf(depth), fuse, pool })
  const blocks = [1 + first, 1 + second, 1 + third, 3] as const
  const stem = { ...usualStem(makers), maxPool: pool }
  return untypedNet(fourStages({ stem, kind, blocks, tail: units.tail, classes }, makers))
}

/**
 * A residual attention net for ImageNet-sized images: three stages of a pre-activation unit and attention modules,
 * whose masks go down to 7 pixels, then three units. 31,810,728 parameters for depth 56 and 52,466,344 for depth 92,
 * with 1000 classes.
 *
 * @param options depth, classes, and whether the net is the released one or that of the ports
 * @param makers others than the usual ones
 * @throws RangeError if there is no such depth
 * @throws OptionsError if there is no such fuse, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Wang et al., "Residual attention network for image classification" (2017), table 2; the released
 * `Attention-56-deploy.prototxt` and `Attention-92-deploy.prototxt`; pytorchcv's `resattnet452` for the units of the
 * deepest net
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { attentionNet } from '@resfn/archs/residual-attention'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(attentionNet({ depth: 56, classes: 1000 }), [224, 224, 3]).params, 31810728)
 * ```
 */
export const attentionNet = (options: AttentionNetOptions, makers?: Makers<AnyLayer>): UntypedNet =>
  large('attentionNet', options, preActivated(makers), makers)

/**
 * A residual attention net of ResNeXt blocks with 32 groups: 31,318,824 parameters for depth 56 and 52,102,952 for
 * depth 92, with 1000 classes.
 *
 * @param options depth, classes, and what is added on the way up
 * @param makers others than the usual ones
 * @throws RangeError if there is no such depth
 * @throws OptionsError if there is no such fuse, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Wang et al., "Residual attention network for image classification" (2017), table 6; the released
 * `AttentionNeXt-56-deploy.prototxt` and `AttentionNeXt-92-deploy.prototxt`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { attentionNext } from '@resfn/archs/residual-attention'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(attentionNext({ depth: 56, classes: 1000 }), [224, 224, 3]).params, 31318824)
 * ```
 */
export const attentionNext = (options: AttentionNetOptions, makers?: Makers<AnyLayer>): UntypedNet =>
  large('attentionNext', options, grouped(makers), makers)

/**
 * A residual attention net for 32x32 or 28x28 images as in the ports: 32 channels in the stem, masks that go down to 8
 * pixels, and a last stage that keeps the size. 7,202,794 parameters for depth 56 with 32x32x3 and 10 classes.
 *
 * @param options depth, classes, and what is added on the way up; `fuse` is `tsf` by default
 * @param makers others than the usual ones
 * @throws RangeError if there is no such depth
 * @throws OptionsError if there is no such fuse, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see tengshaofeng's `ResidualAttentionModel_92_32input_update`; GluonCV's `cifar_residualattentionnet56`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarResattnet } from '@resfn/archs/residual-attention'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cifarResattnet({ depth: 92, classes: 10 }), [32, 32, 3]).params, 12170730)
 * ```
 */
export const cifarResattnet = (
  { depth, classes, fuse = 'tsf' }: AttentionNetOptions,
  makers?: Makers<AnyLayer>,
): UntypedNet => {
  const [first, second, third] = rowOf('cifarResattnet', table, depth)
  const { conv, norm, act } = makersOr(makers)
  const units = preActivated(makers)
  const [outs, depths] = [[128, 256, 512], depthsFrom(32, 8)]
  const form = { ...countsOf(depth), fuse, pool: poolOf(fuse) }
  const kind = attentionBlocks(units, ({ out }) => depths[outs.indexOf(out)], form)
  return untypedNet(
    fourStages(
      {
        stem: { conv1: conv({ out: 32, size: 3 }), bn1: norm(), relu: act },
        // The last stage keeps the size.
        kind: { ...kind, down: (place) => units.change(outs.includes(place.out) ? place : { ...place, stride: 1 }) },
        blocks: [1 + first, 1 + second, 1 + third, 3],
        widths: [32, 64, 128, 256],
        tail: units.tail,
        classes,
      },
      makers,
    ),
  )
}

/** The options of the paper's net for small images. */
export type CifarAttentionOptions = {
  /** 36 m + 20 for m modules a stage: 56, 92, 128, 164, 236 */
  readonly depth: number
  readonly classes: number
}

/**
 * A residual attention net for 32x32 or 28x28 images after section 4.1 of the paper: three stages of 64, 128 and 256
 * channels, each a unit, m attention modules and a unit; depth 36 m + 20. The paper does not give its widths; with
 * these there are 1,841,242 parameters for depth 92, where the paper has 1.9 million.
 *
 * @param options depth and classes
 * @param makers others than the usual ones
 * @throws RangeError if the depth is not 36 m + 20
 * @throws OptionsError if classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Wang et al., "Residual attention network for image classification" (2017), section 4.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarAttention } from '@resfn/archs/residual-attention'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cifarAttention({ depth: 92, classes: 10 }), [32, 32, 3]).params, 1841242)
 * ```
 */
export const cifarAttention = ({ depth, classes }: CifarAttentionOptions, makers?: Makers<AnyLayer>): UntypedNet => {
  const modules = (depth - 20) / 36
  if (!Number.isInteger(modules) || modules < 1)
    throw new RangeError(`cifarAttention: depth must be 36 m + 20 (56, 92, 128, 164, 200, 236, ...), not ${depth}`)
  const units = preActivated(makers)
  const [outs, depths] = [[64, 128, 256], depthsFrom(32, 4)]
  const blocks = modules + 2
  const kind = attentionBlocks(units, ({ out, index }) =>
    index % blocks === blocks - 1 ? undefined : depths[outs.indexOf(out)],
  )
  const stem = { conv1: makersOr(makers).conv({ out: 16, size: 3 }) }
  return untypedNet(threeStages({ stem, kind, blocks: [blocks, blocks, blocks], tail: units.tail, classes }))
}
