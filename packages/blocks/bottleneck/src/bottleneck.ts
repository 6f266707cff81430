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

/** The branch of the bottleneck: convolutions of 1x1, 3x3 and 1x1, each with a normalisation. */
export type BottleneckBranch<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly conv1: Conv2d
  readonly bn1: N
  readonly act1: Layer<Empty>
  readonly conv2: Conv2d
  readonly bn2: N
  readonly act2: Layer<Empty>
  readonly conv3: Conv2d
  readonly bn3: N
}>

/** The bottleneck with an identity shortcut. */
export type Bottleneck<N extends AnyLayer = BatchNorm> = FollowedBy<Skip<BottleneckBranch<N>>>

/** The bottleneck with the shortcut `C`. */
export type ProjectedBottleneck<C extends AnyLayer, N extends AnyLayer = BatchNorm> = FollowedBy<
  Projected<BottleneckBranch<N>, C>
>

/** The options of a bottleneck that keeps the shape. */
export type BottleneckOptions = {
  /** output channels */
  readonly out: number
  /** channels of the 3x3 convolution; a quarter of `out` by default */
  readonly width?: number
  /** groups of the 3x3 convolution; 1 by default, 32 in ResNeXt */
  readonly groups?: number
}

/** The options of a branch that may change the shape. */
export type BottleneckBranchOptions = BottleneckOptions & {
  /** stride of the branch; 1 by default */
  readonly stride?: number
  /** which convolution strides: the 3x3 (torchvision, "v1.5"; the default) or the first 1x1 (the paper, "v1") */
  readonly strideOn?: '3x3' | '1x1'
}

/** The options of a bottleneck with a shortcut of its own. */
export type ProjectedBottleneckOptions<C extends AnyLayer> = BottleneckBranchOptions & {
  /** the shortcut, of the same stride and output channels */
  readonly shortcut: C
}

/**
 * The branch of the bottleneck: `bn3(conv3(act(bn2(conv2(act(bn1(conv1(x))))))))`, 1x1 down, 3x3, 1x1 up.
 *
 * @param options output channels, width, groups, stride and where it is
 * @param makers others than the usual ones
 * @throws RangeError if the width is not a whole number of at least 1
 * @see He et al., "Deep residual learning for image recognition" (2015), figure 5, right; Xie et al., "Aggregated
 * residual transformations for deep neural networks" (2017), figure 3c, with groups
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bottleneckBranch } from '@resfn/bottleneck'
 *
 * assert.deepEqual(bottleneckBranch({ out: 64, stride: 2 }).plan([28, 28, 32]).output, [14, 14, 64])
 * ```
 */
export const bottleneckBranch = <N extends AnyLayer = BatchNorm>(
  { out, width = out / 4, stride = 1, strideOn = '3x3', groups = 1 }: BottleneckBranchOptions,
  makers?: Makers<N>,
): BottleneckBranch<N> => {
  if (!Number.isInteger(width) || width < 1)
    throw new RangeError(
      `bottleneck: width must be a whole number of at least 1, not ${width}; give width, or an out that 4 divides`,
    )
  const { conv, norm, lastNorm = norm, act } = makersOr(makers)
  return sequential({
    conv1: conv({ out: width, size: 1, stride: strideOn === '1x1' ? stride : 1 }),
    bn1: norm(),
    act1: act,
    conv2: conv({ out: width, size: 3, stride: strideOn === '3x3' ? stride : 1, groups }),
    bn2: norm(),
    act2: act,
    conv3: conv({ out, size: 1 }),
    bn3: lastNorm(),
  })
}

/**
 * The bottleneck block with an identity shortcut: `y = act(x + branch(x))`; the shape stays.
 *
 * @param options output channels, which must be the input's, width and groups
 * @param makers others than the usual ones
 * @throws RangeError if the width is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the input has other channels; use `projectedBottleneck` there
 * @see He et al., "Deep residual learning for image recognition" (2015), figure 5, right
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bottleneck } from '@resfn/bottleneck'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(bottleneck({ out: 256 }), [56, 56, 256]).params, 69632 + 2 * (64 + 64 + 256))
 * ```
 */
export const bottleneck = <N extends AnyLayer = BatchNorm>(
  options: BottleneckOptions,
  makers?: Makers<N>,
): Bottleneck<N> => followedBy(identityAdd(bottleneckBranch(options, makers)), makersOr(makers).act)

/**
 * The bottleneck block with a shortcut of its own: `y = act(branch(x) + shortcut(x))`, where channels or size change.
 *
 * @param options output channels, width, groups, stride and where it is, and the shortcut
 * @param makers others than the usual ones
 * @throws RangeError if the width is not a whole number of at least 1
 * @throws ShapeError, from `plan`, naming the part that cannot take its input
 * @see He et al., "Deep residual learning for image recognition" (2015), section 4.1; the stride on the 3x3 as in
 * torchvision
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { projectedBottleneck } from '@resfn/bottleneck'
 * import { convBn } from '@resfn/conv-bn'
 *
 * const block = projectedBottleneck({ out: 512, stride: 2, shortcut: convBn({ out: 512, size: 1, stride: 2 }) })
 * assert.deepEqual(block.plan([56, 56, 256]).output, [28, 28, 512])
 * ```
 */
export const projectedBottleneck = <C extends AnyLayer, N extends AnyLayer = BatchNorm>(
  { shortcut, ...options }: ProjectedBottleneckOptions<C>,
  makers?: Makers<N>,
): ProjectedBottleneck<C, N> =>
  followedBy(projectedAdd(bottleneckBranch(options, makers), shortcut), makersOr(makers).act)
