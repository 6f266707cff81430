import { dense, type DenseParams } from '@resfn/dense'
import {
  type AnyLayer,
  channels,
  type Empty,
  type Layer,
  type Parallel,
  parallel,
  product,
  type Sequential,
  sequential,
  type Skip,
  skip,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { checkOptions, func, optional, wholeNumberFrom } from '@resfn/options'
import { globalAvgPool } from '@resfn/pool'
import { radixSoftmax, radixSum } from '@resfn/split-attention'
import { type Reduction, reduceToMultiple } from '@resfn/squeeze-and-excitation'

/** A path: a 3x3 convolution, its normalisation and its activation. */
export type KernelPath<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly conv: Conv2d
  readonly bn: N
  readonly act: Layer<Empty>
}>

/** The shares of the paths: a softmax of what a perceptron makes of the means of their sum. */
export type PathShares<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly squeeze: Layer<Empty>
  readonly sum: Layer<Empty>
  readonly fc1: Layer<DenseParams>
  readonly bn: N
  readonly act: Layer<Empty>
  readonly fc2: Layer<DenseParams>
  readonly softmax: Layer<Empty>
}>

/** Two paths, their shares, and the sum of both. */
export type SelectiveKernel<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly paths: Parallel<{ readonly path0: KernelPath<N>; readonly path1: KernelPath<N> }>
  readonly attn: Skip<PathShares<N>>
  readonly sum: Layer<Empty>
}>

/** The options of a selective kernel convolution. */
export type SelectiveKernelOptions = {
  /** output channels */
  readonly out: number
  /** stride of both paths; 1 by default */
  readonly stride?: number
  /** groups of both convolutions; 1 by default, 32 in the paper */
  readonly groups?: number
  /** hidden features of the shares by the output channels; a sixteenth as a multiple of 8 by default */
  readonly hidden?: Reduction
  /**
   * how the paths take the input: `parallel` (the default), each all of it as in the paper, or `splitChannels`, each
   * its part of the channels as in timm's nets without groups
   */
  readonly on?: typeof parallel
}

const rules = {
  out: wholeNumberFrom(1),
  stride: optional(wholeNumberFrom(1)),
  groups: optional(wholeNumberFrom(1)),
  hidden: optional(func),
  on: optional(func),
}

/**
 * Selective kernel convolution: `y = sum over p of a[p] path[p](x)`, two paths of 3x3 convolutions with dilation 1 and
 * 2, so filters of 3x3 and 5x5, with shares `a = softmax over p of fc2(act(bn(fc1(z))))` and `z` the means of the
 * paths' sum. A convolution, normalisation and activation in one. The attention over the paths is that of split
 * attention.
 *
 * @param options output channels; stride, groups, hidden features, and how the paths take the input
 * @param makers others than the usual ones
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Li et al., "Selective kernel networks" (2019), section 3.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { selectiveKernel } from '@resfn/selective-kernel'
 *
 * assert.deepEqual(selectiveKernel({ out: 64, stride: 2 }).plan([28, 28, 32]).output, [14, 14, 64])
 * ```
 */
export const selectiveKernel = <N extends AnyLayer = BatchNorm>(
  options: SelectiveKernelOptions,
  makers?: Makers<N>,
): SelectiveKernel<N> => {
  checkOptions('selectiveKernel', options, rules)
  const { out, stride = 1, groups = 1, hidden = reduceToMultiple({ atLeast: 0.9 }), on = parallel } = options
  const { conv, norm, act } = makersOr(makers)
  const path = (dilation: number): KernelPath<N> =>
    sequential({ conv: conv({ out, size: 3, stride, groups, dilation }), bn: norm(), act })
  const sum = radixSum({ radix: 2 })
  return sequential({
    paths: on({ path0: path(1), path1: path(2) }, channels),
    attn: skip(product)(
      sequential({
        squeeze: globalAvgPool,
        sum,
        fc1: dense({ out: hidden(out), bias: false }),
        bn: norm(),
        act,
        fc2: dense({ out: 2 * out, bias: false }),
        softmax: radixSoftmax({ radix: 2 }),
      }),
    ),
    sum,
  })
}
