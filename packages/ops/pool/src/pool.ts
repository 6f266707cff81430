import {
  avgPool as tfAvgPool,
  maxPool as tfMaxPool,
  mean,
  pad,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import { checkBatch, checkSample, type Empty, type Layer, lift, slide, type Window } from '@resfn/layer'
import { checkOptions, optional, OptionsError, wholeNumberFrom } from '@resfn/options'

/** The window of a pooling layer. */
export type PoolOptions = {
  /** height and width of the window */
  readonly size: number
  /** pixels from one window to the next; `size` by default */
  readonly stride?: number
  /** pixels added on each of the four sides, at most half of `size`; 0 by default */
  readonly padding?: number
}

const rules = { size: wholeNumberFrom(1), stride: optional(wholeNumberFrom(1)), padding: optional(wholeNumberFrom(0)) }

const windowOf = (caller: string, options: PoolOptions): Window => {
  checkOptions(caller, options, rules)
  const { size, stride = size, padding = 0 } = options
  if (padding > size / 2)
    throw new OptionsError(`${caller}: padding must be at most half of the size ${size}, not ${padding}`)
  return { size, stride, padding }
}

const poolLayer = (kind: string, window: Window, pool: (x: Tensor) => Tensor): Layer<Empty> => {
  const { size, stride } = window
  return lift(pool, {
    kind: `${kind} ${size}x${size}${stride === 1 ? '' : ` /${stride}`}`,
    output: (input) => {
      checkSample(kind, input, ['image'])
      return [...slide('window', input, window), input[2]!]
    },
  })
}

const largest = (x: Tensor, { size, stride, padding }: Window): Tensor => {
  checkBatch('maxPool', x, ['image'])
  return tfMaxPool(x as Tensor4D, size, stride, padding)
}

const average = (x: Tensor, { size, stride, padding }: Window): Tensor => {
  checkBatch('avgPool', x, ['image'])
  // tfjs divides a padded window by its valid cells, but its gradient by all; with zeros of our own the two agree.
  const padded =
    padding === 0
      ? x
      : pad(x, [
          [0, 0],
          [padding, padding],
          [padding, padding],
          [0, 0],
        ])
  return tfAvgPool(padded as Tensor4D, size, stride, 'valid')
}

/**
 * Max pooling as a bare function: `y[n,i,j,c] = max over the window of x`; padding never wins.
 *
 * @param x [batch, height, width, channels]
 * @param options size, stride and padding of the window, in pixels
 * @returns [batch, floor((height + 2 padding - size) / stride) + 1, floor((width + 2 padding - size) / stride) + 1,
 * channels]
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
 * @param options size, stride and padding of the window, in pixels; the remainder at the right and bottom is dropped,
 * as in PyTorch
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than the window
 * @see PyTorch's `torch.nn.MaxPool2d`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { maxPool } from '@resfn/pool'
 *
 * assert.deepEqual(maxPool({ size: 3, stride: 2, padding: 1 }).plan([112, 112, 64]).output, [56, 56, 64])
 * ```
 */
export const maxPool = (options: PoolOptions): Layer<Empty> => {
  const window = windowOf('maxPool', options)
  return poolLayer('maxPool', window, (x) => largest(x, window))
}

/**
 * Average pooling as a bare function: `y[n,i,j,c] = mean over the window of x`; padding counts as zeros, as in PyTorch
 * by default.
 *
 * @param x [batch, height, width, channels]
 * @param options size, stride and padding of the window, in pixels
 * @returns [batch, floor((height + 2 padding - size) / stride) + 1, floor((width + 2 padding - size) / stride) + 1,
 * channels]
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @see PyTorch's `torch.nn.functional.avg_pool2d` with count_include_pad
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyAvgPool } from '@resfn/pool'
 *
 * assert.deepEqual([...applyAvgPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), { size: 2 }).dataSync()], [2.5])
 * ```
 */
export const applyAvgPool = (x: Tensor, options: PoolOptions): Tensor => average(x, windowOf('applyAvgPool', options))

/**
 * Average pooling as a layer: `y[n,i,j,c] = mean over the window of x`; padding counts as zeros, as in PyTorch by
 * default.
 *
 * @param options size, stride and padding of the window, in pixels
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than the window
 * @see PyTorch's `torch.nn.AvgPool2d` with count_include_pad
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { avgPool } from '@resfn/pool'
 *
 * assert.deepEqual(avgPool({ size: 2 }).plan([8, 8, 16]).output, [4, 4, 16])
 * ```
 */
export const avgPool = (options: PoolOptions): Layer<Empty> => {
  const window = windowOf('avgPool', options)
  return poolLayer('avgPool', window, (x) => average(x, window))
}

/**
 * Global average pooling as a bare function: `y[n,c] = mean over i,j of x[n,i,j,c]`.
 *
 * @param x [batch, height, width, channels]
 * @returns [batch, channels]
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyGlobalAvgPool } from '@resfn/pool'
 *
 * assert.deepEqual([...applyGlobalAvgPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])).dataSync()], [2.5])
 * ```
 */
export const applyGlobalAvgPool = (x: Tensor): Tensor => {
  checkBatch('globalAvgPool', x, ['image'])
  return mean(x, [1, 2])
}

/**
 * Global average pooling as a layer: [height, width, channels] becomes [channels].
 *
 * @see Lin et al., "Network in network" (2013), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { globalAvgPool } from '@resfn/pool'
 *
 * assert.deepEqual(globalAvgPool.plan([7, 7, 512]).output, [512])
 * ```
 */
export const globalAvgPool: Layer<Empty> = lift(applyGlobalAvgPool, {
  kind: 'globalAvgPool',
  output: (input) => {
    checkSample('globalAvgPool', input, ['image'])
    return [input[2]!]
  },
})
