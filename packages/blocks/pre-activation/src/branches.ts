import { type AnyLayer, type Empty, type Layer, type Sequential, sequential } from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { checkOptions, oneOf, optional, wholeNumberFrom } from '@resfn/options'

/** The branch of the basic pre-activation unit: two 3x3 convolutions, each after a normalisation and an activation. */
export type PreActivationBranch<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly norm1: N
  readonly act1: Layer<Empty>
  readonly conv1: Conv2d
  readonly norm2: N
  readonly act2: Layer<Empty>
  readonly conv2: Conv2d
}>

/** The branch of the pre-activation bottleneck: convolutions of 1x1, 3x3 and 1x1, each after norm and act. */
export type PreActivationBottleneckBranch<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly norm1: N
  readonly act1: Layer<Empty>
  readonly conv1: Conv2d
  readonly norm2: N
  readonly act2: Layer<Empty>
  readonly conv2: Conv2d
  readonly norm3: N
  readonly act3: Layer<Empty>
  readonly conv3: Conv2d
}>

/** The options of the branch of a basic unit. */
export type PreActivationBranchOptions = {
  /** output channels */
  readonly out: number
  /** stride of the first convolution; 1 by default */
  readonly stride?: number
}

/** The options of the branch of a bottleneck. */
export type PreActivationBottleneckOptions = PreActivationBranchOptions & {
  /** channels of the 3x3 convolution; a quarter of `out` by default */
  readonly width?: number
  /** which convolution strides: the 3x3 (timm; the default) or the first 1x1 (the authors' nets for CIFAR) */
  readonly strideOn?: '3x3' | '1x1'
}

const basicRules = { out: wholeNumberFrom(1), stride: optional(wholeNumberFrom(1)) }
const bottleneckRules = { ...basicRules, width: wholeNumberFrom(1), strideOn: optional(oneOf('3x3', '1x1')) }

/**
 * The branch of the basic pre-activation unit: `conv2(act(norm2(conv1(act(norm1(x))))))`, both convolutions 3x3. The
 * unit is `identityAdd` of it, and where the shape changes `preActivation`.
 *
 * @param options output channels, and stride of the first convolution
 * @param makers others than the usual ones
 * @throws OptionsError if an option is unknown or not a whole number of at least 1
 * @see He et al., "Identity mappings in deep residual networks" (2016), figure 1 (b) and figure 4 (e)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { identityAdd } from '@resfn/identity-add'
 * import { preActivationBranch } from '@resfn/pre-activation'
 *
 * const unit = identityAdd(preActivationBranch({ out: 16 }))
 * assert.deepEqual(unit.plan([32, 32, 16]).output, [32, 32, 16])
 * ```
 */
export const preActivationBranch = <N extends AnyLayer = BatchNorm>(
  options: PreActivationBranchOptions,
  makers?: Makers<N>,
): PreActivationBranch<N> => {
  checkOptions('preActivationBranch', options, basicRules)
  const { out, stride = 1 } = options
  const { conv, norm, act } = makersOr(makers)
  return sequential({
    norm1: norm(),
    act1: act,
    conv1: conv({ out, size: 3, stride }),
    norm2: norm(),
    act2: act,
    conv2: conv({ out, size: 3 }),
  })
}

/**
 * The branch of the pre-activation bottleneck: `conv3(act(norm3(conv2(act(norm2(conv1(act(norm1(x)))))))))`, 1x1 down,
 * 3x3, 1x1 up.
 *
 * @param options output channels, width, stride and where it is
 * @param makers others than the usual ones
 * @throws OptionsError if an option is unknown, or a number is not a whole number of at least 1
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 4 and appendix
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { preActivationBottleneckBranch } from '@resfn/pre-activation'
 *
 * const branch = preActivationBottleneckBranch({ out: 256, stride: 2 })
 * assert.deepEqual(branch.plan([56, 56, 64]).output, [28, 28, 256])
 * ```
 */
export const preActivationBottleneckBranch = <N extends AnyLayer = BatchNorm>(
  options: PreActivationBottleneckOptions,
  makers?: Makers<N>,
): PreActivationBottleneckBranch<N> => {
  const { out, width = out / 4, stride = 1, strideOn = '3x3' } = options
  checkOptions<object>('preActivationBottleneckBranch', { ...options, width }, bottleneckRules)
  const { conv, norm, act } = makersOr(makers)
  return sequential({
    norm1: norm(),
    act1: act,
    conv1: conv({ out: width, size: 1, stride: strideOn === '1x1' ? stride : 1 }),
    norm2: norm(),
    act2: act,
    conv2: conv({ out: width, size: 3, stride: strideOn === '3x3' ? stride : 1 }),
    norm3: norm(),
    act3: act,
    conv3: conv({ out, size: 1 }),
  })
}
