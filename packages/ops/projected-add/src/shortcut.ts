import { conv2d as conv2dOf, pad, type Tensor, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core'
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
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.3, option B
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { projection } from '@resfn/projected-add'
 *
 * assert.deepEqual(projection({ out: 32, stride: 2 }).plan([28, 28, 16]).output, [14, 14, 32])
 * ```
 */
export const projection = (options: ShortcutOptions & Pick<Conv2dOptions, 'bias' | 'initial'>): Layer<Conv2dParams> =>
  conv2d({ ...options, size: 1 })

/** What option A must reach, and where its zeros go. */
export type SubsampleAndPadOptions = ShortcutOptions & {
  /**
   * where the new channels stand: after the old ones (He et al., the default), or half of them on either side, the odd
   * one after (akamaster's nets)
   */
  readonly zeros?: 'after' | 'around'
}

/**
 * The shortcut without parameters, option A: `y[n,i,j,c] = x[n, s i, s j, c - b]` for the old channels, and 0 for the
 * new ones, of which `b` stand before: none, or half with `zeros: 'around'`.
 *
 * @param options output channels, at least the input's, stride, and where the zeros go
 * @throws RangeError if `out` or `stride` is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or has more channels than `out`
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.3, option A
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
export const subsampleAndPad = ({ out, stride, zeros = 'after' }: SubsampleAndPadOptions): Layer<Empty> => {
  for (const [name, value] of Object.entries({ out, stride }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`subsampleAndPad: ${name} must be a whole number of at least 1, not ${value}`)
  if (zeros !== 'after' && zeros !== 'around')
    throw new RangeError(`subsampleAndPad: zeros must be 'after' or 'around', not ${String(zeros)}`)
  const before = (channels: number): number => (zeros === 'after' ? 0 : Math.floor((out - channels) / 2))
  return lift((x) => moved(x, stride, before(x.shape.at(-1)!), out), {
    kind: `subsample /${stride}, pad`,
    output: (input) => {
      const [height, width, channels] = input
      if (input.length !== 3)
        throw new ShapeError(
          '',
          `subsampleAndPad takes [height,width,channels], but the input is ${formatShape(input)}`,
        )
      if (channels! > out)
        throw new ShapeError(
          '',
          `subsampleAndPad adds channels, but the input ${formatShape(input)} has more than ${out}; use projection to reduce them`,
        )
      return [Math.ceil(height! / stride), Math.ceil(width! / stride), out]
    },
  })
}

const moved = (x: Tensor, stride: number, before: number, out: number): Tensor =>
  stride === 1 ? padChannels(x, before, out) : subsample(x, stride, before, out)

// A 1x1 convolution with an identity matrix subsamples and pads exactly, and is fast forwards and backwards on every
// backend; strided slices are not.
const subsample = (x: Tensor, stride: number, before: number, out: number): Tensor =>
  conv2dOf(x as Tensor4D, identityFilter(x.shape.at(-1)!, before, out), stride, 'valid')

const identityFilter = (channels: number, before: number, out: number): Tensor4D => {
  const values = new Float32Array(channels * out)
  for (let c = 0; c < channels; c++) values[c * out + before + c] = 1
  return tensor4d(values, [1, 1, channels, out])
}

const padChannels = (x: Tensor, before: number, out: number): Tensor => {
  const missing = out - x.shape.at(-1)!
  return missing === 0
    ? x
    : pad(x, [
        [0, 0],
        [0, 0],
        [0, 0],
        [before, missing - before],
      ])
}
