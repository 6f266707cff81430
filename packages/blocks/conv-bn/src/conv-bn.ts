import { batchNorm, type BatchNormParams, type BatchNormState } from '@resfn/batch-norm'
import { conv2d, type Conv2dOptions, type Conv2dParams } from '@resfn/conv2d'
import { type Layer, sequential } from '@resfn/layer'

/** The parameters of a convolution and its batch normalisation. */
export type ConvBnParams = { readonly conv: Conv2dParams; readonly bn: BatchNormParams }

/** The running statistics of the batch normalisation. */
export type ConvBnState = { readonly bn: BatchNormState }

/** A convolution followed by batch normalisation, as a layer. */
export type ConvBn = Layer<ConvBnParams, ConvBnState>

/** What blocks are made of; pass others to change initial values, biases or epsilon everywhere in a net. */
export type Parts = {
  /** makes the convolutions; `conv2d` if not given */
  readonly conv?: (options: Conv2dOptions) => Layer<Conv2dParams>
  /** makes the normalisation; `batchNorm` if not given */
  readonly norm?: () => Layer<BatchNormParams, BatchNormState>
}

/**
 * A convolution followed by batch normalisation: `y = bn(conv(x))`.
 *
 * @param options those of the convolution
 * @param parts other makers of convolution and normalisation
 * @throws ShapeError, from `plan`, naming `conv` or `bn`
 * Source: Ioffe and Szegedy, "Batch normalization" (2015), section 3.2: the bias is left out because normalisation takes it away.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { convBn } from '@resfn/conv-bn'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(convBn({ out: 64, size: 7, stride: 2 }), [224, 224, 3]).params, 9408 + 128)
 * ```
 */
export const convBn = (options: Conv2dOptions, { conv = conv2d, norm = () => batchNorm() }: Parts = {}): ConvBn =>
  sequential({ conv: conv(options), bn: norm() })
