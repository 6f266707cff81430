import { mirrorPad, tensor, type Tensor, tile } from '@tensorflow/tfjs-core'
import { applyConv2d } from '@resfn/conv2d'
import {
  checkBatch,
  checkSample,
  type Empty,
  type Layer,
  lift,
  type Shape,
  ShapeError,
  slide,
  formatShape,
} from '@resfn/layer'
import { checkOptions, optional, wholeNumberFrom } from '@resfn/options'

/** The filter of a blur, and how it moves. */
export type BlurPoolOptions = {
  /** height and width of the filter; 3 by default */
  readonly size?: number
  /** pixels from one output to the next; 2 by default */
  readonly stride?: number
}

const rules = { size: optional(wholeNumberFrom(2)), stride: optional(wholeNumberFrom(1)) }

type Blur = Required<BlurPoolOptions>

const withDefaults = ({ size = 3, stride = 2 }: BlurPoolOptions): Blur => ({ size, stride })

/** The binomial filter of a size along one axis: row `size - 1` of Pascal's triangle, of sum 1. */
const binomial = (size: number): readonly number[] =>
  Array.from({ length: size - 1 }).reduce(
    (row: readonly number[]) => [...row, 0].map((value, i) => (value + (row[i - 1] ?? 0)) / 2),
    [1],
  )

const paddingOf = ({ size, stride }: Blur): number => Math.floor((stride - 1 + size - 1) / 2)

/** The shape of the blurred image, without channels. */
const outputOf = (image: Shape, blur: Blur): readonly number[] => {
  const padding = paddingOf(blur)
  if (Math.min(image[0]!, image[1]!) <= padding)
    throw new ShapeError(
      '',
      `blurPool mirrors ${padding} pixels at each edge, but the input ${formatShape(image)} has no more; use a smaller filter, or leave the blur out`,
    )
  return slide('filter', image, { ...blur, padding })
}

const blurred = (x: Tensor, blur: Blur): Tensor => {
  checkBatch('blurPool', x, ['image'])
  outputOf(x.shape.slice(1), blur)
  const { size, stride } = blur
  const [channels, padding] = [x.shape[3]!, paddingOf(blur)]
  const line = binomial(size)
  const filter = tensor(
    line.flatMap((down) => line.map((across) => down * across)),
    [size, size, 1, 1],
  )
  const sides = [padding, padding] as [number, number]
  const mirrored = padding === 0 ? x : mirrorPad(x, [[0, 0], sides, sides, [0, 0]], 'reflect')
  return applyConv2d({ weight: tile(filter, [1, 1, 1, channels]) }, mirrored, { stride, padding: 0, groups: channels })
}

/**
 * Anti-aliased downsampling as a bare function: `y[n,i,j,c] = sum over u,v of b[u] b[v] x[n, s i + u - p, s j + v - p,
 * c]`, with the binomial filter b ([1, 2, 1] / 4 for size 3) and the image mirrored at its edges.
 *
 * @param x [batch, height, width, channels]
 * @param options size of the filter and stride s; the padding p is `floor((s + size - 2) / 2)`
 * @returns [batch, floor((height + 2p - size) / s) + 1, columns alike, channels]
 * @throws OptionsError if an option is unknown or outside of its range
 * @throws ShapeError, InputError if x is not a float32 batch of images larger than the padding
 * @see Zhang, "Making convolutional networks shift-invariant again" (2019), section 3.2; timm's `BlurPool2d`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyBlurPool } from '@resfn/blur-pool'
 *
 * assert.deepEqual(applyBlurPool(tf.ones([1, 4, 4, 1])).arraySync(), [[[[1], [1]], [[1], [1]]]])
 * ```
 */
export const applyBlurPool = (x: Tensor, options: BlurPoolOptions = {}): Tensor => {
  checkOptions('applyBlurPool', options, rules)
  return blurred(x, withDefaults(options))
}

/**
 * Anti-aliased downsampling as a layer without parameters. In place of a strided max pool it is `maxPool` of stride 1
 * and then this; in place of a strided convolution, one of stride 1, the activation and then this.
 *
 * @param options size of the filter and stride
 * @throws OptionsError if an option is unknown or outside of its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or not larger than the padding
 * @see Zhang, "Making convolutional networks shift-invariant again" (2019), section 3.2; timm's `BlurPool2d`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { blurPool } from '@resfn/blur-pool'
 *
 * assert.deepEqual(blurPool().plan([56, 56, 64]).output, [28, 28, 64])
 * ```
 */
export const blurPool = (options: BlurPoolOptions = {}): Layer<Empty> => {
  checkOptions('blurPool', options, rules)
  const blur = withDefaults(options)
  const { size, stride } = blur
  return lift((x) => blurred(x, blur), {
    kind: `blurPool ${size}x${size}${stride === 1 ? '' : ` /${stride}`}`,
    output: (input) => {
      checkSample('blurPool', input, ['image'])
      return [...outputOf(input, blur), input[2]!]
    },
  })
}
