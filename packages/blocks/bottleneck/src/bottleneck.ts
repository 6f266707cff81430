import { relu } from '@resfn/activation'
import { convBn, type ConvBnParams, type ConvBnState, type Parts } from '@resfn/conv-bn'
import { identityAdd } from '@resfn/identity-add'
import { type Layer, sequential } from '@resfn/layer'
import { projectedAdd, type ProjectedParams } from '@resfn/projected-add'

/** The parameters of the branch: three convolutions with batch normalisation. */
export type BottleneckBranchParams = { readonly a: ConvBnParams; readonly b: ConvBnParams; readonly c: ConvBnParams }

/** The running statistics of the branch. */
export type BottleneckBranchState = { readonly a: ConvBnState; readonly b: ConvBnState; readonly c: ConvBnState }

/** The parameters of a bottleneck with an identity shortcut. */
export type BottleneckParams = { readonly add: BottleneckBranchParams }

/** The running statistics of a bottleneck with an identity shortcut. */
export type BottleneckState = { readonly add: BottleneckBranchState }

/** The parameters of a bottleneck with a 1x1 convolution and batch normalisation as its shortcut. */
export type ProjectedBottleneckParams = { readonly add: ProjectedParams<BottleneckBranchParams, ConvBnParams> }

/** The running statistics of a bottleneck with a 1x1 convolution and batch normalisation as its shortcut. */
export type ProjectedBottleneckState = { readonly add: ProjectedParams<BottleneckBranchState, ConvBnState> }

/** The options of a bottleneck. */
export type BottleneckOptions = Parts & {
  /** output channels */
  readonly out: number
  /** channels of the 3x3 convolution; a quarter of `out` if not given */
  readonly width?: number
  /** makes the last normalisation of the branch; `norm` if not given. With a weight of 0 the block starts as the identity. */
  readonly lastNorm?: NonNullable<Parts['norm']>
}

/** The options of a bottleneck that changes the shape. */
export type ProjectedBottleneckOptions = BottleneckOptions & {
  /** stride of branch and shortcut; 1 if not given */
  readonly stride?: number
  /** which convolution of the branch strides: the 3x3 (torchvision, "v1.5"; if not given) or the first 1x1 (the paper, "v1") */
  readonly strideOn?: '3x3' | '1x1'
}

const branch = ({
  out,
  width = out / 4,
  stride = 1,
  strideOn = '3x3',
  lastNorm,
  ...parts
}: ProjectedBottleneckOptions): Layer<BottleneckBranchParams, BottleneckBranchState> => {
  if (!Number.isInteger(width) || width < 1)
    throw new RangeError(
      `bottleneck: width must be a whole number of at least 1, not ${width}; give width, or an out that 4 divides`,
    )
  return sequential({
    a: convBn({ out: width, size: 1, stride: strideOn === '1x1' ? stride : 1 }, parts),
    reluA: relu,
    b: convBn({ out: width, size: 3, stride: strideOn === '3x3' ? stride : 1 }, parts),
    reluB: relu,
    c: convBn({ out, size: 1 }, lastNorm === undefined ? parts : { ...parts, norm: lastNorm }),
  })
}

/**
 * The bottleneck block with an identity shortcut: `y = relu(x + branch(x))`, the branch 1x1 down, 3x3, 1x1 up; the shape stays.
 *
 * @param options output channels, which must be the input's, width, and other makers of the parts
 * @throws RangeError if the width is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the input has other channels; use `projectedBottleneck` there
 * Source: He et al., "Deep residual learning for image recognition" (2015), figure 5, right.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bottleneck } from '@resfn/bottleneck'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(bottleneck({ out: 256 }), [56, 56, 256]).params, 69632 + 2 * (64 + 64 + 256))
 * ```
 */
export const bottleneck = (options: BottleneckOptions): Layer<BottleneckParams, BottleneckState> =>
  sequential({ add: identityAdd(branch(options)), relu })

/**
 * The bottleneck block with a 1x1 convolution and batch normalisation as its shortcut: `y = relu(branch(x) + shortcut(x))`.
 *
 * @param options output channels, width, stride and where it is, and other makers of the parts
 * @throws RangeError if the width is not a whole number of at least 1
 * @throws ShapeError, from `plan`, naming the part that cannot take its input
 * Source: He et al., "Deep residual learning for image recognition" (2015), section 4.1; the stride on the 3x3 as in torchvision.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { projectedBottleneck } from '@resfn/bottleneck'
 *
 * assert.deepEqual(projectedBottleneck({ out: 512, stride: 2 }).plan([56, 56, 256]).output, [28, 28, 512])
 * ```
 */
export const projectedBottleneck = (
  options: ProjectedBottleneckOptions,
): Layer<ProjectedBottleneckParams, ProjectedBottleneckState> => {
  const { out, stride = 1, conv, norm } = options
  const parts: Parts = { ...(conv === undefined ? {} : { conv }), ...(norm === undefined ? {} : { norm }) }
  return sequential({ add: projectedAdd(branch(options), convBn({ out, size: 1, stride }, parts)), relu })
}
