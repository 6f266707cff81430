import { type ConvBn, convBn } from '@resfn/conv-bn'
import {
  type AnyLayer,
  type Empty,
  type FollowedBy,
  followedBy,
  type Layer,
  type Sequential,
  sequential,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { checkOptions, flag, optional, wholeNumberFrom } from '@resfn/options'
import { avgPool } from '@resfn/pool'
import { type Hierarchical, hierarchical } from './hierarchical.ts'

/** The branch of Res2Net: a bottleneck with a hierarchy of 3x3 convolutions in the place of one. */
export type Res2netBranch<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly conv1: Conv2d
  readonly bn1: N
  readonly act1: Layer<Empty>
  readonly conv2: Hierarchical<FollowedBy<ConvBn<N>>>
  readonly conv3: Conv2d
  readonly bn3: N
}>

/** The options of the branch. */
export type Res2netBranchOptions = {
  /** output channels */
  readonly out: number
  /** channels of each scale */
  readonly width: number
  /** parts of the channels; 4 by default */
  readonly scales?: number
  /** groups of the 3x3 convolutions; 1 by default */
  readonly groups?: number
  /** stride of the branch; 1 by default */
  readonly stride?: number
  /**
   * whether each scale reads what the one before it made; by default where the stride is 1. The first block of a stage
   * has no chain.
   */
  readonly chained?: boolean
}

const rules = {
  out: wholeNumberFrom(1),
  width: wholeNumberFrom(1),
  scales: optional(wholeNumberFrom(1)),
  groups: optional(wholeNumberFrom(1)),
  stride: optional(wholeNumberFrom(1)),
  chained: optional(flag),
}

/**
 * The branch of Res2Net: `bn3(conv3(hierarchical(act(bn1(conv1(x))))))`, 1x1 to `scales width` channels, a 3x3
 * convolution, normalisation and activation for each scale but the last, and 1x1. Without the chain the last scale is
 * averaged over 3x3 pixels (padding counts as zeros), with the stride of the convolutions.
 *
 * @param options output channels, width, scales, groups, stride and the chain
 * @param makers others than the usual ones
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, from `plan`, naming the part that cannot take its input
 * @see Gao et al., "Res2Net: a new multi-scale backbone architecture" (2019), figure 2 b; the first block of a stage as
 * in the authors' repository
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { res2netBranch } from '@resfn/res2net'
 *
 * assert.deepEqual(res2netBranch({ out: 512, width: 52, stride: 2 }).plan([56, 56, 256]).output, [28, 28, 512])
 * ```
 */
export const res2netBranch = <N extends AnyLayer = BatchNorm>(
  options: Res2netBranchOptions,
  makers?: Makers<N>,
): Res2netBranch<N> => {
  checkOptions('res2netBranch', options, rules)
  const { out, width, scales = 4, groups = 1, stride = 1, chained = stride === 1 } = options
  const { conv, norm, lastNorm = norm, act } = makersOr(makers)
  const scale = followedBy(convBn({ out: width, size: 3, stride, groups }, makers), act)
  return sequential({
    conv1: conv({ out: scales * width, size: 1 }),
    bn1: norm(),
    act1: act,
    conv2: chained
      ? hierarchical({ scale, scales })
      : hierarchical({ scale, scales, chained, last: avgPool({ size: 3, stride, padding: 1 }) }),
    conv3: conv({ out, size: 1 }),
    bn3: lastNorm(),
  })
}
