import {
  avgPool as tfAvgPool,
  maxPool as tfMaxPool,
  mean,
  pad,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import { type Empty, formatShape, type Layer, lift, type Shape, ShapeError } from '@resfn/layer'

/** The window of a pooling layer. */
export type PoolOptions = {
  /** height and width of the window */
  readonly size: number
  /** pixels from one window to the next; `size` if not given */
  readonly stride?: number
  /** pixels added on each of the four sides; 0 if not given, at most half of `size` */
  readonly padding?: number
}

type Pool = (x: Tensor4D, size: number, stride: number, padding: number) => Tensor

const pool =
  (kind: string, f: Pool) =>
  ({ size, stride = size, padding = 0 }: PoolOptions): Layer<Empty> => {
    for (const [name, value] of Object.entries({ size, stride }))
      if (!Number.isInteger(value) || value < 1)
        throw new RangeError(`${kind}: ${name} must be a whole number of at least 1, not ${value}`)
    if (!Number.isInteger(padding) || padding < 0 || padding > size / 2)
      throw new RangeError(`${kind}: padding must be a whole number from 0 to half of the size ${size}, not ${padding}`)
    return lift((x) => f(x as Tensor4D, size, stride, padding), {
      kind: `${kind} ${size}x${size}${stride === 1 ? '' : ` /${stride}`}`,
      output: (input) => {
        if (input.length !== 3)
          throw new ShapeError('', `${kind} takes [height,width,channels], but the input is ${formatShape(input)}`)
        const along = (extent: number): number => Math.floor((extent + 2 * padding - size) / stride) + 1
        const output: Shape = [along(input[0]!), along(input[1]!), input[2]!]
        if (output.some((extent) => extent < 1))
          throw new ShapeError('', `the ${size}x${size} window is larger than the input ${formatShape(input)}`)
        return output
      },
    })
  }

/**
 * Max pooling: `y[n,i,j,c] = max over the window of x`; padding never wins. Ties send the gradient to the first of the largest values.
 *
 * @param options size, stride and padding of the window, in pixels; the remainder at the right and bottom is dropped, as in PyTorch
 * @throws RangeError if an option is outside its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than the window
 * @see PyTorch's MaxPool2d.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { maxPool } from '@resfn/pool'
 *
 * const y = maxPool({ size: 2 }).apply({}, tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), {})
 * assert.deepEqual([...y.dataSync()], [4])
 * ```
 */
export const maxPool: (options: PoolOptions) => Layer<Empty> = pool('maxPool', (x, size, stride, padding) =>
  tfMaxPool(x, size, stride, padding),
)

/**
 * Average pooling: `y[n,i,j,c] = mean over the window of x`; padding counts as zeros, as PyTorch does by default.
 *
 * @param options size, stride and padding of the window, in pixels
 * @throws RangeError if an option is outside its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than the window
 * @see PyTorch's AvgPool2d with count_include_pad.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { avgPool } from '@resfn/pool'
 *
 * const y = avgPool({ size: 2 }).apply({}, tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), {})
 * assert.deepEqual([...y.dataSync()], [2.5])
 * ```
 */
export const avgPool: (options: PoolOptions) => Layer<Empty> = pool('avgPool', (x, size, stride, padding) =>
  // tfjs divides a padded window by its valid cells, but its gradient by all; zeros of our own keep the two in step.
  tfAvgPool(
    padding === 0
      ? x
      : (pad(x, [
          [0, 0],
          [padding, padding],
          [padding, padding],
          [0, 0],
        ]) as Tensor4D),
    size,
    stride,
    'valid',
  ),
)

/**
 * Global average pooling: `y[n,c] = mean over i,j of x[n,i,j,c]`, [height, width, channels] to [channels].
 *
 * @see Lin et al., "Network in network" (2013), section 3.2.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { globalAvgPool } from '@resfn/pool'
 *
 * assert.deepEqual(globalAvgPool.plan([7, 7, 512]).output, [512])
 * ```
 */
export const globalAvgPool: Layer<Empty> = lift((x) => mean(x, [1, 2]), {
  kind: 'globalAvgPool',
  output: (input) => {
    if (input.length !== 3)
      throw new ShapeError('', `globalAvgPool takes [height,width,channels], but the input is ${formatShape(input)}`)
    return [input[2]!]
  },
})
