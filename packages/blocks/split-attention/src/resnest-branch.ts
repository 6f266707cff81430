import {
  type AnyLayer,
  type Empty,
  followedBy,
  type Layer,
  type ParamsOf,
  type Sequential,
  sequential,
  type StateOf,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { checkOptions, oneOf, optional, wholeNumberFrom } from '@resfn/options'
import { avgPool } from '@resfn/pool'
import { type SplitAttention, splitAttention } from './split-attention.ts'

/** The branch of ResNeSt: a bottleneck with split attention in the place of the 3x3 convolution. */
export type ResnestBranch<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly conv1: Conv2d
  readonly bn1: N
  readonly act1: Layer<Empty>
  readonly conv2: Layer<ParamsOf<SplitAttention<N>>, StateOf<SplitAttention<N>>>
  readonly conv3: Conv2d
  readonly bn3: N
}>

/** The options of the branch. */
export type ResnestBranchOptions = {
  /** output channels */
  readonly out: number
  /** channels of all groups of the split attention together; a quarter of `out` by default */
  readonly width?: number
  /** splits of each group; 2 by default */
  readonly radix?: number
  /** groups; 1 by default */
  readonly cardinality?: number
  /** stride of the branch; 1 by default */
  readonly stride?: number
  /**
   * what strides: 3x3 average pooling after the split attention (`last`, the default) or before it (`first`, the "fast"
   * nets), or the convolution itself (`none`)
   */
  readonly avd?: 'first' | 'last' | 'none'
}

const rules = {
  out: wholeNumberFrom(1),
  width: optional(wholeNumberFrom(1)),
  radix: optional(wholeNumberFrom(1)),
  cardinality: optional(wholeNumberFrom(1)),
  stride: optional(wholeNumberFrom(1)),
  avd: optional(oneOf('first', 'last', 'none')),
}

/**
 * The branch of ResNeSt: `bn3(conv3(splitAttention(act(bn1(conv1(x))))))`. Where it strides, average pooling (padding
 * counts as zeros) takes the stride from the convolution: "avd", the average downsampling.
 *
 * @param options output channels, width, radix, cardinality, stride and what strides
 * @param makers others than the usual ones
 * @throws OptionsError if an option is unknown, missing or outside its range, as `width` is where 4 does not divide
 * `out`
 * @throws ShapeError, from `plan`, naming the part that cannot take its input
 * @see Zhang et al., "ResNeSt: split-attention networks" (2020), figure 2 and section 4.1 "Average downsampling"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnestBranch } from '@resfn/split-attention'
 *
 * assert.deepEqual(resnestBranch({ out: 512, stride: 2 }).plan([56, 56, 256]).output, [28, 28, 512])
 * ```
 */
export const resnestBranch = <N extends AnyLayer = BatchNorm>(
  options: ResnestBranchOptions,
  makers?: Makers<N>,
): ResnestBranch<N> => {
  const { out, width = out / 4, radix, cardinality, stride = 1, avd = 'last' } = options
  checkOptions('resnestBranch', { ...options, width }, rules)
  const { conv, norm, lastNorm = norm, act } = makersOr(makers)
  const pool = avgPool({ size: 3, stride, padding: 1 })
  const pooled = (where: 'first' | 'last'): boolean => stride > 1 && avd === where
  const attention = splitAttention(
    {
      out: width,
      stride: avd === 'none' ? stride : 1,
      ...(radix !== undefined && { radix }),
      ...(cardinality !== undefined && { cardinality }),
    },
    makers,
  )
  return sequential({
    conv1: conv({ out: width, size: 1 }),
    bn1: norm(),
    act1: pooled('first') ? followedBy(act, pool) : act,
    conv2: pooled('last') ? followedBy(attention, pool) : attention,
    conv3: conv({ out, size: 1 }),
    bn3: lastNorm(),
  })
}
