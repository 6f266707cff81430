import { add, conv2d as tfConv2d, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import {
  checkBatch,
  checkChannels,
  checkSample,
  checkVariables,
  type Initialiser,
  kaimingNormal,
  type Layer,
  op,
  slide,
  Spec,
  zeros,
} from '@resfn/layer'
import { checkOptions, flag, func, optional, recordOf, wholeNumberFrom } from '@resfn/options'

/** `weight` [size, size, in, out], `bias` [out] where the layer has one. */
export type Conv2dParams = { readonly weight: Tensor; readonly bias?: Tensor }

/** How a convolution moves over its input. */
export type Conv2dWindow = {
  /** pixels from one output to the next; 1 by default */
  readonly stride?: number
  /**
   * zeros added on each of the four sides; by default `floor((size - 1) / 2)`, which keeps the size at stride 1 for odd
   * filters
   */
  readonly padding?: number
}

/** The options of a convolution. */
export type Conv2dOptions = Conv2dWindow & {
  /** output channels */
  readonly out: number
  /** height and width of the filter */
  readonly size: number
  /** a learned constant for each output channel; none by default, because batch normalisation follows */
  readonly bias?: boolean
  /** first values; by default `weight` is Kaiming normal by fan out and `bias` zeros */
  readonly initial?: { readonly weight?: Initialiser; readonly bias?: Initialiser }
}

const windowRules = { stride: optional(wholeNumberFrom(1)), padding: optional(wholeNumberFrom(0)) }
const rules = {
  out: wholeNumberFrom(1),
  size: wholeNumberFrom(1),
  ...windowRules,
  bias: optional(flag),
  initial: optional(recordOf(func, 'weight', 'bias')),
}

const keepSize = (size: number): number => Math.floor((size - 1) / 2)

// Padding per side: tfjs-node rejects a single number.
const sides = (padding: number): 'valid' | [[0, 0], [number, number], [number, number], [0, 0]] =>
  padding === 0
    ? 'valid'
    : [
        [0, 0],
        [padding, padding],
        [padding, padding],
        [0, 0],
      ]

const convolve = (params: Conv2dParams, x: Tensor, stride: number, padding: number): Tensor => {
  const { weight, bias } = params
  checkBatch('conv2d', x, ['image'])
  checkChannels('conv2d', x, weight)
  const y = tfConv2d(x as Tensor4D, weight as Tensor4D, stride, sides(padding))
  return bias === undefined ? y : add(y, bias)
}

// Parameters of any filter, for the bare function.
const anyShapes = { weight: ['size', 'size', 'in', 'out'] }
const anyShapesWithBias = { ...anyShapes, bias: ['out'] }

/**
 * 2-D convolution as a bare function: `y[n,i,j,o] = bias[o] + sum over u,v,c of x[n, s i + u - p, s j + v - p, c]
 * weight[u,v,c,o]`.
 *
 * @param params weight [size, size, in, out], bias [out] or none
 * @param x [batch, height, width, in]
 * @param options stride s and padding p; the padding is symmetric and explicit, as in PyTorch, on every backend
 * @returns [batch, floor((height + 2p - size) / s) + 1, floor((width + 2p - size) / s) + 1, out]
 * @throws OptionsError if an option is unknown or not a whole number in its range
 * @throws ShapeError, InputError if x is not a float32 batch of images with `in` channels
 * @throws VariablesError if a parameter is missing, disposed or of another shape
 * @see Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), section 2.4
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyConv2d } from '@resfn/conv2d'
 *
 * const y = applyConv2d({ weight: tf.ones([3, 3, 1, 1]) }, tf.ones([1, 4, 4, 1]), { stride: 2 })
 * assert.deepEqual([...y.dataSync()], [4, 6, 6, 9])
 * ```
 */
export const applyConv2d = (params: Conv2dParams, x: Tensor, options: Conv2dWindow = {}): Tensor => {
  checkOptions('applyConv2d', options, windowRules)
  checkVariables('conv2d', params, params?.bias === undefined ? anyShapes : anyShapesWithBias)
  const { stride = 1, padding = keepSize(params.weight.shape[0]!) } = options
  return convolve(params, x, stride, padding)
}

/**
 * 2-D convolution with explicit symmetric padding as a layer.
 *
 * @param options output channels and filter size; stride, padding, bias and first values where they are not the
 * defaults
 * @throws OptionsError if an option is unknown, missing or not a whole number in its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than the filter
 * @see LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.A
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 *
 * const plan = conv2d({ out: 64, size: 7, stride: 2 }).plan([224, 224, 3])
 * assert.deepEqual([plan.output, plan.macs], [[112, 112, 64], 118013952])
 * ```
 */
export const conv2d = (options: Conv2dOptions): Layer<Conv2dParams> => {
  checkOptions('conv2d', options, rules)
  const { out, size, stride = 1, padding = keepSize(size), bias = false, initial = {} } = options
  const shapes = { weight: [size, size, 'in', out], ...(bias && { bias: [out] }) }
  return op<Conv2dParams>(
    (input) => {
      checkSample('conv2d', input, ['image'])
      const [rows, columns] = slide('filter', input, { size, stride, padding })
      const channels = input[2]!
      return {
        kind: `conv2d ${size}x${size}${stride === 1 ? '' : ` /${stride}`}`,
        params: {
          weight: new Spec([size, size, channels, out], initial.weight ?? kaimingNormal('out')),
          ...(bias && { bias: new Spec([out], initial.bias ?? zeros) }),
        },
        output: [rows, columns, out],
        macs: rows * columns * size * size * channels * out,
      }
    },
    (params, x) => {
      checkVariables('conv2d', params, shapes)
      return convolve(params, x, stride, padding)
    },
  )
}
