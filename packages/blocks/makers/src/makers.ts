import { relu } from '@resfn/activation'
import { batchNorm, type BatchNormParams, type BatchNormState } from '@resfn/batch-norm'
import { conv2d, type Conv2dOptions, type Conv2dParams } from '@resfn/conv2d'
import type { AnyLayer, Empty, Layer } from '@resfn/layer'

/** A convolution as a layer. */
export type Conv2d = Layer<Conv2dParams>

/** Batch normalisation as a layer. */
export type BatchNorm = Layer<BatchNormParams, BatchNormState>

/** What blocks and nets are made of. Pass others to change every convolution, normalisation or activation of a net. */
export type Makers<N extends AnyLayer = BatchNorm> = {
  /** makes the convolutions */
  readonly conv: (options: Conv2dOptions) => Conv2d
  /** makes the normalisations */
  readonly norm: () => N
  /**
   * makes the last normalisation of a residual branch; `norm` by default. With a weight of 0 a block starts as the
   * identity.
   */
  readonly lastNorm?: () => N
  /** the activation */
  readonly act: Layer<Empty>
}

/**
 * The makers that blocks and nets take by default: `conv2d`, `batchNorm` and `relu`.
 *
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.4
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { batchNorm } from '@resfn/batch-norm'
 * import { zeros } from '@resfn/layer'
 * import { type Makers, makers } from '@resfn/makers'
 *
 * const startAsIdentity: Makers = { ...makers, lastNorm: () => batchNorm({ initial: { weight: zeros } }) }
 * assert.equal(startAsIdentity.conv, makers.conv)
 * ```
 */
export const makers: Pick<Makers, 'conv' | 'norm' | 'act'> = { conv: conv2d, norm: () => batchNorm(), act: relu }

/**
 * The makers that a block was given, or the usual ones. A block that was given none has batch normalisation, which is
 * what `N` is then.
 *
 * @param own the makers that the caller passed, if any
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { makers, makersOr } from '@resfn/makers'
 *
 * assert.equal(makersOr(undefined), makers)
 * ```
 */
export const makersOr = <N extends AnyLayer = BatchNorm>(own: Makers<N> | undefined): Makers<N> =>
  (own ?? makers) as Makers<N>
