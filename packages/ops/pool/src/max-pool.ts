import { maxPool as tfMaxPool, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkBatch, type Empty, type Layer } from '@resfn/layer'
import { axesOf, type FullWindow, paddingsOf, poolLayer, type PoolOptions, windowOf } from './window.ts'

const largest = (x: Tensor, window: FullWindow): Tensor => {
  checkBatch('maxPool', x, ['image'])
  const { size, stride } = window
  // Written out as padding, because some gradients of tfjs ignore its rounding.
  const paddings = paddingsOf(axesOf(x.shape.slice(1), window), window)
  return tfMaxPool(x as Tensor4D, size, stride, paddings ?? 'valid')
}

/**
 * Max pooling as a bare function: `y[n,i,j,c] = max over the window of x`; padding never wins.
 *
 * @param x [batch, height, width, channels]
 * @param options size, stride and padding of the window, in pixels, and `ceilMode`
 * @returns [batch, floor((height + 2 padding - size) / stride) + 1, floor((width + 2 padding - size) / stride) + 1,
 * channels]; with `ceilMode` the ceilings, where the last window starts inside
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @see PyTorch's `torch.nn.functional.max_pool2d`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyMaxPool } from '@resfn/pool'
 *
 * assert.deepEqual([...applyMaxPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), { size: 2 }).dataSync()], [4])
 * ```
 */
export const applyMaxPool = (x: Tensor, options: PoolOptions): Tensor => largest(x, windowOf('applyMaxPool', options))

/**
 * Max pooling as a layer: `y[n,i,j,c] = max over the window of x`; padding never wins. Ties send the gradient to the
 * first of the largest values.
 *
 * @param options size, stride and padding of the window, in pixels, and `ceilMode`; without it the remainder at the
 * right and bottom is dropped, as in PyTorch
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than the window
 * @see PyTorch's `torch.nn.MaxPool2d`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { maxPool } from '@resfn/pool'
 *
 * assert.deepEqual(maxPool({ size: 3, stride: 2, padding: 1 }).plan([112, 112, 64]).output, [56, 56, 64])
 * assert.deepEqual(maxPool({ size: 3, stride: 2, ceilMode: true }).plan([112, 112, 64]).output, [56, 56, 64])
 * ```
 */
export const maxPool = (options: PoolOptions): Layer<Empty> => {
  const window = windowOf('maxPool', options)
  return poolLayer('maxPool', window, (x) => largest(x, window))
}
