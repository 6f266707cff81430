import { add, type Tensor } from '@tensorflow/tfjs-core'
import {
  checkBatch,
  checkChannels,
  checkSample,
  checkVariables,
  type Initialiser,
  kaimingNormal,
  type Layer,
  op,
  ShapeError,
  slide,
  Spec,
  zeros,
} from '@resfn/layer'
import { checkOptions, flag, func, optional, recordOf, wholeNumberFrom } from '@resfn/options'
import { convolution } from './convolution.ts'

/** `weight` [size, size, in / groups, out], `bias` [out] where the layer has one. */
export type Conv2dParams = { readonly weight: Tensor; readonly bias?: Tensor }

/** How a convolution moves over its input. */
export type Conv2dWindow = {
  /** pixels from one output to the next; 1 by default */
  readonly stride?: number
  /**
   * zeros added on each of the four sides; by default `floor(dilation (size - 1) / 2)`, which keeps the size at stride
   * 1 for odd filters
   */
  readonly padding?: number
  /** pixels from one tap of the filter to the next; 1 by default */
  readonly dilation?: number
  /**
   * groups of channels that see only each other; 1 by default. With as many groups as input channels the convolution is
   * depthwise.
   */
  readonly groups?: number
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

const windowRules = {
  stride: optional(wholeNumberFrom(1)),
  padding: optional(wholeNumberFrom(0)),
  dilation: optional(wholeNumberFrom(1)),
  groups: optional(wholeNumberFrom(1)),
}
const rules = {
  out: wholeNumberFrom(1),
  size: wholeNumberFrom(1),
  ...windowRules,
  bias: optional(flag),
  initial: optional(recordOf(func, 'weight', 'bias')),
}

const withDefaults = (
  size: number,
  { stride = 1, dilation = 1, padding = Math.floor((dilation * (size - 1)) / 2), groups = 1 }: Conv2dWindow,
): Required<Conv2dWindow> => ({ stride, padding, dilation, groups })

const checkGroups = (groups: number, channels: number, out: number): void => {
  if (channels % groups === 0 && out % groups === 0) return
  const most = Array.from({ length: groups }, (_, i) => groups - i).find((n) => channels % n === 0 && out % n === 0)
  throw new ShapeError(
    '',
    `conv2d: ${groups} groups must divide both the ${channels} input channels and the ${out} output channels; use ${most} group${most === 1 ? '' : 's'}, or multiples of ${groups} channels`,
  )
}

const convolve = (params: Conv2dParams, x: Tensor, window: Required<Conv2dWindow>): Tensor => {
  const { weight, bias } = params
  checkBatch('conv2d', x, ['image'])
  checkChannels('conv2d', x, weight, window.groups)
  const y = convolution(x, weight, window)
  return bias === undefined ? y : add(y, bias)
}

// Parameters of any filter, for the bare function.
const anyShapes = { weight: ['size', 'size', 'in / groups', 'out'] }
const anyShapesWithBias = { ...anyShapes, bias: ['out'] }

/**
 * 2-D convolution as a bare function: `y[n,i,j,o] = bias[o] + sum over u,v,c of x[n, s i + d u - p, s j + d v - p, g(o)
 * + c] weight[u,v,c,o]`, where g(o) is the first input channel of the group of output o.
 *
 * @param params weight [size, size, in / groups, out], bias [out] or none
 * @param x [batch, height, width, in]
 * @param options stride s, padding p, dilation d and groups; the padding is symmetric and explicit, as in PyTorch, on
 * every backend
 * @returns [batch, floor((height + 2p - d (size - 1) - 1) / s) + 1, columns alike, out]
 * @throws OptionsError if an option is unknown or not a whole number in its range
 * @throws ShapeError, InputError if x is not a float32 batch of images with `in` channels, or if the groups do not
 * divide the channels
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
  const { weight } = params
  const window = withDefaults(weight.shape[0]!, options)
  checkGroups(window.groups, weight.shape[2]! * window.groups, weight.shape[3]!)
  return convolve(params, x, window)
}

/**
 * 2-D convolution with explicit symmetric padding as a layer.
 *
 * @param options output channels and filter size; stride, padding, dilation, groups, bias and first values where they
 * are not the defaults
 * @throws OptionsError if an option is unknown, missing or not a whole number in its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than the filter, or if the
 * groups do not divide the channels
 * @see LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.A; Xie et al.,
 * "Aggregated residual transformations for deep neural networks" (2017), section 3.3, for groups
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
  const { out, size, bias = false, initial = {} } = options
  const window = withDefaults(size, options)
  const { stride, dilation, groups } = window
  const kind = [
    `conv2d ${size}x${size}`,
    ...(stride === 1 ? [] : [`/${stride}`]),
    ...(dilation === 1 ? [] : [`dilation ${dilation}`]),
    ...(groups === 1 ? [] : [`groups ${groups}`]),
  ].join(' ')
  const shapes = { weight: [size, size, groups === 1 ? 'in' : `in / ${groups}`, out], ...(bias && { bias: [out] }) }
  return op<Conv2dParams>(
    (input) => {
      checkSample('conv2d', input, ['image'])
      const [rows, columns] = slide('filter', input, { size, ...window })
      const channels = input[2]! / groups
      checkGroups(groups, input[2]!, out)
      return {
        kind,
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
      return convolve(params, x, window)
    },
  )
}
