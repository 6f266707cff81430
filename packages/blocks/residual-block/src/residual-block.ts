import { identityAdd } from '@resfn/identity-add'
import {
  type AnyLayer,
  type Empty,
  type FollowedBy,
  followedBy,
  type Layer,
  type Projected,
  type Sequential,
  sequential,
  type Skip,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { projectedAdd } from '@resfn/projected-add'

/** The branch of the basic block: two 3x3 convolutions, each with a normalisation. */
export type ResidualBranch<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly conv1: Conv2d
  readonly bn1: N
  readonly act1: Layer<Empty>
  readonly conv2: Conv2d
  readonly bn2: N
}>

/** The basic block with an identity shortcut. */
export type ResidualBlock<N extends AnyLayer = BatchNorm> = FollowedBy<Skip<ResidualBranch<N>>>

/** The basic block with the shortcut `C`. */
export type ProjectedResidualBlock<C extends AnyLayer, N extends AnyLayer = BatchNorm> = FollowedBy<
  Projected<ResidualBranch<N>, C>
>

/** The options of a block that keeps the shape. */
export type ResidualBlockOptions = {
  /** output channels */
  readonly out: number
}

/** The options of a branch that may change the shape. */
export type ResidualBranchOptions = ResidualBlockOptions & {
  /** stride of the first convolution; 1 by default */
  readonly stride?: number
}

/** The options of a block with a shortcut of its own. */
export type ProjectedBlockOptions<C extends AnyLayer> = ResidualBranchOptions & {
  /** the shortcut, of the same stride and output channels */
  readonly shortcut: C
}

/**
 * The branch of the basic block: `bn2(conv2(act(bn1(conv1(x)))))`, both convolutions 3x3; on its own, the unit of a
 * plain net.
 *
 * @param options output channels, and stride of the first convolution
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), figure 5, left
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBranch } from '@resfn/residual-block'
 *
 * assert.deepEqual(residualBranch({ out: 32, stride: 2 }).plan([28, 28, 16]).output, [14, 14, 32])
 * ```
 */
export const residualBranch = <N extends AnyLayer = BatchNorm>(
  { out, stride = 1 }: ResidualBranchOptions,
  makers?: Makers<N>,
): ResidualBranch<N> => {
  const { conv, norm, lastNorm = norm, act } = makersOr(makers)
  return sequential({
    conv1: conv({ out, size: 3, stride }),
    bn1: norm(),
    act1: act,
    conv2: conv({ out, size: 3 }),
    bn2: lastNorm(),
  })
}

/**
 * The basic residual block with an identity shortcut: `y = act(x + branch(x))`, two 3x3 convolutions; the shape stays.
 *
 * @param options output channels, which must be the input's
 * @param makers others than the usual ones
 * @throws ShapeError, from `plan`, if the input has other channels; use `projectedResidualBlock` there
 * @see He et al., "Deep residual learning for image recognition" (2015), equation 1 and figure 5, left
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBlock } from '@resfn/residual-block'
 *
 * assert.deepEqual(residualBlock({ out: 64 }).plan([56, 56, 64]).output, [56, 56, 64])
 * assert.throws(() => residualBlock({ out: 128 }).plan([56, 56, 64]), /^ShapeError: branch \[56,56,128\] and shortcut/)
 * ```
 */
export const residualBlock = <N extends AnyLayer = BatchNorm>(
  options: ResidualBlockOptions,
  makers?: Makers<N>,
): ResidualBlock<N> => followedBy(identityAdd(residualBranch(options, makers)), makersOr(makers).act)

/**
 * The basic residual block with a shortcut of its own: `y = act(branch(x) + shortcut(x))`, where channels or size
 * change.
 *
 * @param options output channels, stride, and the shortcut
 * @param makers others than the usual ones
 * @throws ShapeError, from `plan`, if branch and shortcut differ in shape
 * @see He et al., "Deep residual learning for image recognition" (2015), equation 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { convBn } from '@resfn/conv-bn'
 * import { projectedResidualBlock } from '@resfn/residual-block'
 *
 * const block = projectedResidualBlock({ out: 128, stride: 2, shortcut: convBn({ out: 128, size: 1, stride: 2 }) })
 * assert.deepEqual(block.plan([56, 56, 64]).output, [28, 28, 128])
 * ```
 */
export const projectedResidualBlock = <C extends AnyLayer, N extends AnyLayer = BatchNorm>(
  { shortcut, ...options }: ProjectedBlockOptions<C>,
  makers?: Makers<N>,
): ProjectedResidualBlock<C, N> =>
  followedBy(projectedAdd(residualBranch(options, makers), shortcut), makersOr(makers).act)
