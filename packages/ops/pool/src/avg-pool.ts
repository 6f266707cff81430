import { avgPool as tfAvgPool, mul, pad, tensor, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkBatch, type Empty, type Layer } from '@resfn/layer'
import { flag, optional } from '@resfn/options'
import { type Axis, axesOf, type FullWindow, paddingsOf, poolLayer, type PoolOptions, windowOf } from './window.ts'

/** The window of an average, and what it divides by. */
export type AvgPoolOptions = PoolOptions & {
  /**
   * whether padding counts as zeros in the mean, which it does by default; else the mean is that of the image's pixels
   * alone. What a last window of `ceilMode` has beyond the padding never counts.
   */
  readonly countIncludePad?: boolean
}

type Average = FullWindow & { readonly countIncludePad: boolean }

const averageOf = (caller: string, options: AvgPoolOptions): Average => ({
  ...windowOf(caller, options, { countIncludePad: optional(flag) }),
  countIncludePad: options.countIncludePad ?? true,
})

/** What the sum over each window along an axis is divided by. */
const divisors = ({ extent, windows }: Axis, { size, stride, padding, countIncludePad }: Average): readonly number[] =>
  Array.from({ length: windows }, (_, i) => {
    const start = i * stride - padding
    return countIncludePad
      ? Math.min(start + size, extent + padding) - start
      : Math.min(start + size, extent) - Math.max(start, 0)
  })

const average = (x: Tensor, window: Average): Tensor => {
  checkBatch('avgPool', x, ['image'])
  const { size, stride } = window
  const axes = axesOf(x.shape.slice(1), window)
  // tfjs divides a padded window by its valid cells, but its gradient by all; with zeros of our own the two agree.
  const paddings = paddingsOf(axes, window)
  const y = tfAvgPool((paddings === undefined ? x : pad(x, paddings)) as Tensor4D, size, stride, 'valid')
  const [rows, columns] = [divisors(axes[0], window), divisors(axes[1], window)]
  if ([...rows, ...columns].every((count) => count === size)) return y
  const shares = rows.flatMap((row) => columns.map((column) => (size * size) / (row * column)))
  return mul(y, tensor(shares, [1, rows.length, columns.length, 1]))
}

/**
 * Average pooling as a bare function: `y[n,i,j,c] = mean over the window of x`; padding counts as zeros, as in PyTorch
 * by default.
 *
 * @param x [batch, height, width, channels]
 * @param options size, stride and padding of the window, in pixels, `ceilMode` and `countIncludePad`
 * @returns [batch, floor((height + 2 padding - size) / stride) + 1, floor((width + 2 padding - size) / stride) + 1,
 * channels]; with `ceilMode` the ceilings, where the last window starts inside
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @see PyTorch's `torch.nn.functional.avg_pool2d`
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
export const applyAvgPool = (x: Tensor, options: AvgPoolOptions): Tensor =>
  average(x, averageOf('applyAvgPool', options))

/**
 * Average pooling as a layer: `y[n,i,j,c] = mean over the window of x`; padding counts as zeros, as in PyTorch by
 * default.
 *
 * @param options size, stride and padding of the window, in pixels, `ceilMode` and `countIncludePad`
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than the window
 * @see PyTorch's `torch.nn.AvgPool2d`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { avgPool } from '@resfn/pool'
 *
 * assert.deepEqual(avgPool({ size: 2 }).plan([8, 8, 16]).output, [4, 4, 16])
 * // The shortcut of ResNet-D.
 * assert.deepEqual(avgPool({ size: 2, ceilMode: true, countIncludePad: false }).plan([7, 7, 16]).output, [4, 4, 16])
 * ```
 */
export const avgPool = (options: AvgPoolOptions): Layer<Empty> => {
  const window = averageOf('avgPool', options)
  return poolLayer('avgPool', window, (x) => average(x, window))
}
