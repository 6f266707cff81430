import type { Conv2dOptions } from '@resfn/conv2d'
import { type AnyLayer, type Sequential, sequential } from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'

/** A convolution followed by a normalisation. */
export type ConvBn<N extends AnyLayer = BatchNorm> = Sequential<{ readonly conv: Conv2d; readonly bn: N }>

/**
 * A convolution followed by batch normalisation: `y = bn(conv(x))`.
 *
 * @param options those of the convolution
 * @param makers others than the usual ones
 * @throws ShapeError, from `plan`, naming `conv` or `bn`
 * @see Ioffe and Szegedy, "Batch normalization" (2015), section 3.2: the bias is left out because normalisation takes
 * it away
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { convBn } from '@resfn/conv-bn'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(convBn({ out: 64, size: 7, stride: 2 }), [224, 224, 3]).params, 9408 + 128)
 * ```
 */
export const convBn = <N extends AnyLayer = BatchNorm>(options: Conv2dOptions, makers?: Makers<N>): ConvBn<N> => {
  const { conv, norm } = makersOr(makers)
  return sequential({ conv: conv(options), bn: norm() })
}
