import { pad, reshape, slice, type Tensor } from '@tensorflow/tfjs-core'
import { conv2d, type Conv2dOptions, type Conv2dParams } from '@resfn/conv2d'
import { type Empty, formatShape, type Layer, lift, ShapeError } from '@resfn/layer'

/** What a shortcut must reach: the branch's output channels and stride. */
export type ShortcutOptions = { readonly out: number; readonly stride: number }

/**
 * The 1x1 convolution of a projected shortcut: `y[n,i,j] = x[n, s i, s j] weight`, channels up or down.
 *
 * @param options output channels and stride; bias and first values as in `conv2d`
 * @throws RangeError if a count is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * Source: He et al., "Deep residual learning for image recognition" (2015), section 3.3, option B.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { projection } from '@resfn/projected-add'
 *
 * assert.deepEqual(projection({ out: 32, stride: 2 }).plan([28, 28, 16]).output, [14, 14, 32])
 * ```
 */
export const projection = (options: ShortcutOptions & Pick<Conv2dOptions, 'bias' | 'initial'>): Layer<Conv2dParams> => conv2d({ ...options, size: 1 })

/**
 * The shortcut without parameters, option A: every `stride`-th pixel, and zeros for the new channels, put after the old ones.
 *
 * @param options output channels, at least the input's, and stride
 * @throws RangeError if `out` or `stride` is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or has more channels than `out`
 * Source: He et al., "Deep residual learning for image recognition" (2015), section 3.3, option A.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { subsampleAndPad } from '@resfn/projected-add'
 *
 * const y = subsampleAndPad({ out: 2, stride: 2 }).apply({}, tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), {})
 * assert.deepEqual([...y.dataSync()], [1, 0])
 * ```
 */
export const subsampleAndPad = ({ out, stride }: ShortcutOptions): Layer<Empty> => {
  for (const [name, value] of Object.entries({ out, stride }))
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`subsampleAndPad: ${name} must be a whole number of at least 1, not ${value}`)
  return lift((x) => padChannels(subsample(x, stride), out), {
    kind: `subsample /${stride}, pad`,
    output: (input) => {
      const [height, width, channels] = input
      if (input.length !== 3) throw new ShapeError('', `subsampleAndPad takes [height,width,channels], but the input is ${formatShape(input)}`)
      if (channels! > out)
        throw new ShapeError('', `subsampleAndPad adds channels, but the input ${formatShape(input)} has more than ${out}; use projection to reduce them`)
      return [Math.ceil(height! / stride), Math.ceil(width! / stride), out]
    },
  })
}

// Rows and columns of each s x s cell are split off by reshaping, so that two plain slices, differentiable everywhere, pick the first of each.
const subsample = (x: Tensor, stride: number): Tensor => {
  if (stride === 1) return x
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)]
  const whole = pad(x, [[0, 0], [0, rows * stride - height], [0, columns * stride - width], [0, 0]])
  const everyRow = slice(reshape(whole, [batch * rows, stride * columns * stride * channels]), [0, 0], [batch * rows, columns * stride * channels])
  const everyPixel = slice(reshape(everyRow, [batch * rows * columns, stride * channels]), [0, 0], [batch * rows * columns, channels])
  return reshape(everyPixel, [batch, rows, columns, channels])
}

const padChannels = (x: Tensor, out: number): Tensor => {
  const missing = out - x.shape.at(-1)!
  return missing === 0 ? x : pad(x, [[0, 0], [0, 0], [0, 0], [0, missing]])
}
