import { relu } from '@resfn/activation'
import { convBn, type ConvBnParams, type ConvBnState, type Parts } from '@resfn/conv-bn'
import { identityAdd } from '@resfn/identity-add'
import { type Layer, sequential, type ParamsOfAll, type StateOfAll } from '@resfn/layer'
import { projectedAdd, type Sides } from '@resfn/projected-add'

/** The parameters of the branch: two convolutions with batch normalisation. */
export type ResidualBranchParams = { readonly a: ConvBnParams; readonly b: ConvBnParams }

/** The running statistics of the branch. */
export type ResidualBranchState = { readonly a: ConvBnState; readonly b: ConvBnState }

/** The parameters of a block with an identity shortcut. */
export type ResidualBlockParams = { readonly add: ResidualBranchParams }

/** The running statistics of a block with an identity shortcut. */
export type ResidualBlockState = { readonly add: ResidualBranchState }

/** The options of a block. */
export type ResidualBlockOptions = Parts & {
  /** output channels */
  readonly out: number
  /** makes the last normalisation of the branch; `norm` if not given. With a weight of 0 the block starts as the identity. */
  readonly lastNorm?: NonNullable<Parts['norm']>
}

/** The options of a block with a shortcut of its own. */
export type ProjectedBlockOptions<Q, T> = ResidualBlockOptions & {
  /** stride of the first convolution; 1 if not given */
  readonly stride?: number
  /** the shortcut, of the same stride and output channels */
  readonly shortcut: Layer<Q, T>
}

/** The parameters of a block with a shortcut of its own. */
export type ProjectedBlockParams<Q, T> = {
  readonly add: ParamsOfAll<Sides<ResidualBranchParams, ResidualBranchState, Q, T>>
}

/** The running statistics of a block with a shortcut of its own. */
export type ProjectedBlockState<Q, T> = {
  readonly add: StateOfAll<Sides<ResidualBranchParams, ResidualBranchState, Q, T>>
}

/**
 * The branch of the basic block: `bn(conv3x3(relu(bn(conv3x3(x)))))`; on its own, the unit of a plain net.
 *
 * @param options output channels, stride of the first convolution, and other makers of the parts
 * Source: He et al., "Deep residual learning for image recognition" (2015), figure 5, left.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBranch } from '@resfn/residual-block'
 *
 * assert.deepEqual(residualBranch({ out: 32, stride: 2 }).plan([28, 28, 16]).output, [14, 14, 32])
 * ```
 */
export const residualBranch = ({
  out,
  stride = 1,
  lastNorm,
  ...parts
}: ResidualBlockOptions & { readonly stride?: number }): Layer<ResidualBranchParams, ResidualBranchState> =>
  sequential({
    a: convBn({ out, size: 3, stride }, parts),
    relu,
    b: convBn({ out, size: 3 }, lastNorm === undefined ? parts : { ...parts, norm: lastNorm }),
  })

/**
 * The basic residual block with an identity shortcut: `y = relu(x + branch(x))`, two 3x3 convolutions; the shape stays.
 *
 * @param options output channels, which must be the input's, and other makers of the parts
 * @throws ShapeError, from `plan`, if the input has other channels; use `projectedResidualBlock` there
 * Source: He et al., "Deep residual learning for image recognition" (2015), equation 1 and figure 5, left.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBlock } from '@resfn/residual-block'
 *
 * assert.deepEqual(residualBlock({ out: 64 }).plan([56, 56, 64]).output, [56, 56, 64])
 * assert.throws(() => residualBlock({ out: 128 }).plan([56, 56, 64]), /^ShapeError: add: branch \[56,56,128\] and shortcut/)
 * ```
 */
export const residualBlock = (options: ResidualBlockOptions): Layer<ResidualBlockParams, ResidualBlockState> =>
  sequential({ add: identityAdd(residualBranch(options)), relu })

/**
 * The basic residual block with a shortcut of its own: `y = relu(branch(x) + shortcut(x))`, where channels or size change.
 *
 * @param options output channels, stride, the shortcut, and other makers of the parts
 * @throws ShapeError, from `plan`, if branch and shortcut differ in shape
 * Source: He et al., "Deep residual learning for image recognition" (2015), equation 2.
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
export const projectedResidualBlock = <Q, T>({
  shortcut,
  ...options
}: ProjectedBlockOptions<Q, T>): Layer<ProjectedBlockParams<Q, T>, ProjectedBlockState<Q, T>> =>
  // TypeScript cannot see through the keys of trees that depend on Q and T.
  sequential({ add: projectedAdd(residualBranch(options), shortcut), relu }) as never
