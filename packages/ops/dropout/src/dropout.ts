import { mul, tensor, type Tensor } from '@tensorflow/tfjs-core'
import { checkTensor, type Empty, inTraining, type Layer, ShapeError } from '@resfn/layer'
import { checkOptions, numberFrom, oneOf, optional } from '@resfn/options'
import { type Key, uniform } from '@resfn/random'

/** What is dropped, and how often. */
export type DropoutOptions = {
  /** the share that is dropped, from 0 to 1 */
  readonly rate: number
  /** what is dropped or kept as a whole: each value (by default), the channels of each sample, or each sample */
  readonly per?: 'value' | 'channel' | 'sample'
}

const rules = { rate: numberFrom(0, 1), per: optional(oneOf('value', 'channel', 'sample')) }

/** The shape of the mask: 1 along each axis whose values share a draw. */
const maskShape = (shape: readonly number[], per: 'value' | 'channel' | 'sample'): number[] =>
  shape.map((size, axis) => {
    const isDrawn = per === 'value' || axis === 0 || (per === 'channel' && axis === shape.length - 1)
    return isDrawn ? size : 1
  })

const drop = (x: Tensor, key: Key, { rate, per = 'value' }: DropoutOptions): Tensor => {
  checkTensor('dropout', x)
  if (x.rank === 0) throw new ShapeError('', 'dropout takes [batch, ...], but the input is []')
  if (rate === 0) return x
  const keep = 1 - rate
  const shape = maskShape(x.shape, per)
  const draws = uniform(
    key,
    shape.reduce((product, size) => product * size, 1),
  )
  for (let i = 0; i < draws.length; i++) draws[i] = draws[i]! < keep ? 1 / keep : 0
  return mul(x, tensor(draws, shape))
}

/**
 * Dropout as a bare function: `y = mask x / (1 - rate)`, where the mask is 1 with probability 1 - rate and else 0,
 * drawn for each value, channel or sample. The scale keeps the mean.
 *
 * @param x [batch, ..., channels]
 * @param key the draws are a function of it and of the shape, the same on every backend
 * @param options rate, and what is dropped as a whole
 * @returns y, of the same shape; x itself at rate 0, zeros at rate 1
 * @throws OptionsError if the rate is missing or outside of 0 to 1
 * @throws InputError, ShapeError if x is not a live tensor with a batch axis
 * @see Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014), section 10 for
 * the scale; Tompson et al., "Efficient object localization using convolutional networks" (2015), section 3.2, for
 * channels
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyDropout } from '@resfn/dropout'
 * import { key } from '@resfn/random'
 *
 * const y = applyDropout(tf.ones([1, 1000]), key(0), { rate: 0.75 })
 * assert.deepEqual([...new Set(y.dataSync())].sort(), [0, 4])
 * ```
 */
export const applyDropout = (x: Tensor, key: Key, options: DropoutOptions): Tensor => {
  checkOptions('applyDropout', options, rules)
  return drop(x, key, options)
}

/**
 * Dropout as a layer: `y = mask x / (1 - rate)` in training, `y = x` in evaluation.
 *
 * @param options rate, and what is dropped as a whole
 * @throws OptionsError if the rate is missing or outside of 0 to 1
 * @see Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dropout } from '@resfn/dropout'
 *
 * assert.deepEqual(dropout({ rate: 0.5 }).plan([4]).output, [4])
 * assert.equal(dropout({ rate: 0.1, per: 'channel' }).plan([8, 8, 4]).kind, 'dropout of channels 0.1')
 * ```
 */
export const dropout = (options: DropoutOptions): Layer<Empty> => {
  checkOptions('dropout', options, rules)
  const { rate, per = 'value' } = options
  return inTraining((x, key) => drop(x, key, options), {
    kind: `dropout${per === 'value' ? '' : ` of ${per}s`} ${rate}`,
  })
}
