import { pad, reshape, slice, type Tensor } from '@tensorflow/tfjs-core'

type Pair = readonly [down: number, across: number]

/**
 * A filter with zeros between its taps, so that a dilated convolution is a plain one with it: tfjs has no gradient of a
 * dilated convolution, and no convolution with stride and dilation together.
 *
 * @param filter [height, width, in, out]
 * @param dilation pixels from one tap to the next, down and across
 * @returns [(height - 1) down + 1, (width - 1) across + 1, in, out]
 * @see Yu and Koltun, "Multi-scale context aggregation by dilated convolutions" (2016), section 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dilateFilter } from '@resfn/primitive'
 *
 * const filter = tf.tensor([1, 2], [1, 2, 1, 1])
 * assert.deepEqual([...dilateFilter(filter, [1, 3]).dataSync()], [1, 0, 0, 2])
 * ```
 */
export const dilateFilter = (filter: Tensor, [down, across]: Pair): Tensor => {
  if (down === 1 && across === 1) return filter
  const [height, width, depth, out] = filter.shape as [number, number, number, number]
  const tap = depth * out
  const rows = pad(reshape(filter, [height, width * tap]), [
    [0, 0],
    [0, (down - 1) * width * tap],
  ])
  const taps = pad(reshape(rows, [height * down * width, tap]), [
    [0, 0],
    [0, (across - 1) * tap],
  ])
  return slice(
    reshape(taps, [height * down, width * across, depth, out]),
    [0, 0, 0, 0],
    [(height - 1) * down + 1, (width - 1) * across + 1, depth, out],
  )
}

/**
 * The taps of a dilated filter, or of its gradient, without what stands between them: the inverse of `dilateFilter`.
 *
 * @param wide [(height - 1) down + 1, (width - 1) across + 1, in, out]
 * @param shape the shape of the filter, [height, width, in, out]
 * @param dilation pixels from one tap to the next, down and across
 * @returns a tensor of that shape
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { undilateFilter } from '@resfn/primitive'
 *
 * const wide = tf.tensor([1, 5, 6, 2], [1, 4, 1, 1])
 * assert.deepEqual([...undilateFilter(wide, [1, 2, 1, 1], [1, 3]).dataSync()], [1, 2])
 * ```
 */
export const undilateFilter = (wide: Tensor, shape: readonly number[], [down, across]: Pair): Tensor => {
  if (down === 1 && across === 1) return wide
  const [height, width, depth, out] = shape as [number, number, number, number]
  const tap = depth * out
  const padded = pad(wide, [
    [0, down - 1],
    [0, across - 1],
    [0, 0],
    [0, 0],
  ])
  const taps = slice(reshape(padded, [height * down * width, across * tap]), [0, 0], [-1, tap])
  const rows = slice(reshape(taps, [height, down * width * tap]), [0, 0], [-1, width * tap])
  return reshape(rows, [height, width, depth, out])
}
