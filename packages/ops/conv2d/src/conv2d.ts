import { add, conv2d as tfConv2d, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import {
  formatShape,
  type Initialiser,
  kaimingNormal,
  type Layer,
  type Shape,
  ShapeError,
  Spec,
  zeros,
} from '@resfn/layer'

/** `weight` [size, size, in, out], `bias` [out] where the layer has one. */
export type Conv2dParams = { readonly weight: Tensor; readonly bias?: Tensor }

/** How a convolution moves over its input. */
export type Conv2dWindow = {
  /** pixels from one output to the next; 1 if not given */
  readonly stride?: number
  /** zeros added on each of the four sides; `floor((size - 1) / 2)` if not given, which keeps the size at stride 1 for odd kernels */
  readonly padding?: number
}

/** The options of a convolution. */
export type Conv2dOptions = Conv2dWindow & {
  /** output channels */
  readonly out: number
  /** height and width of the kernel */
  readonly size: number
  /** a learned constant for each output channel; none if not given, because batch normalisation follows */
  readonly bias?: boolean
  /** first values: `weight` Kaiming normal by fan out, `bias` zeros, if not given */
  readonly initial?: { readonly weight?: Initialiser; readonly bias?: Initialiser }
}

const keepSize = (size: number): number => Math.floor((size - 1) / 2)

// Written out side by side: the native backend of Node takes no plain number.
const sides = (padding: number): 'valid' | [[0, 0], [number, number], [number, number], [0, 0]] =>
  padding === 0
    ? 'valid'
    : [
        [0, 0],
        [padding, padding],
        [padding, padding],
        [0, 0],
      ]

/**
 * 2-D convolution as a bare function: `y[n,i,j,o] = bias[o] + sum over u,v,c of x[n, s i + u - p, s j + v - p, c] weight[u,v,c,o]`.
 *
 * @param window stride s and padding p; the padding is symmetric and explicit, as in PyTorch, on every backend
 * @returns `(params, x) => y` from x [batch, height, width, in] to y [batch, floor((height + 2p - size) / s) + 1, …, out]
 * @see Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), section 2.4.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyConv2d } from '@resfn/conv2d'
 *
 * const y = applyConv2d({ stride: 2 })({ weight: tf.ones([3, 3, 1, 1]) }, tf.ones([1, 4, 4, 1]))
 * assert.deepEqual([...y.dataSync()], [4, 6, 6, 9])
 * ```
 */
export const applyConv2d =
  ({ stride = 1, padding }: Conv2dWindow = {}): ((params: Conv2dParams, x: Tensor) => Tensor) =>
  ({ weight, bias }, x) => {
    const y = tfConv2d(x as Tensor4D, weight as Tensor4D, stride, sides(padding ?? keepSize(weight.shape[0]!)))
    return bias === undefined ? y : add(y, bias)
  }

/**
 * 2-D convolution with explicit symmetric padding as a layer.
 *
 * @param options output channels and kernel size; stride, padding, bias and first values if not the defaults
 * @throws RangeError if a count is not a whole number in its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than the kernel
 * @see LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.A.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 *
 * const plan = conv2d({ out: 64, size: 7, stride: 2 }).plan([224, 224, 3])
 * assert.deepEqual([plan.output, plan.macs], [[112, 112, 64], 118013952])
 * ```
 */
export const conv2d = ({
  out,
  size,
  stride = 1,
  padding = keepSize(size),
  bias = false,
  initial = {},
}: Conv2dOptions): Layer<Conv2dParams> => {
  const counts = { out, size, stride }
  for (const [name, value] of Object.entries(counts))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`conv2d: ${name} must be a whole number of at least 1, not ${value}`)
  if (!Number.isInteger(padding) || padding < 0)
    throw new RangeError(`conv2d: padding must be a whole number of at least 0, not ${padding}`)
  const apply = applyConv2d({ stride, padding })
  return {
    plan: (input) => {
      const output = outputShape(input, { out, size, stride, padding })
      const channels = input[2]!
      return {
        kind: `conv2d ${size}x${size}${stride === 1 ? '' : ` /${stride}`}`,
        params: {
          weight: new Spec([size, size, channels, out], initial.weight ?? kaimingNormal('out')),
          ...(bias ? { bias: new Spec([out], initial.bias ?? zeros) } : {}),
        },
        state: {},
        output,
        macs: output[0]! * output[1]! * size * size * channels * out,
        parts: [],
      }
    },
    apply,
    train: (params, x) => ({ y: apply(params, x), seen: {} }),
  }
}

const outputShape = (
  input: Shape,
  { out, size, stride, padding }: Required<Conv2dWindow> & { readonly out: number; readonly size: number },
): Shape => {
  if (input.length !== 3)
    throw new ShapeError('', `conv2d takes [height,width,channels], but the input is ${formatShape(input)}`)
  const along = (extent: number): number => Math.floor((extent + 2 * padding - size) / stride) + 1
  const output = [along(input[0]!), along(input[1]!), out]
  if (output.some((extent) => extent < 1))
    throw new ShapeError(
      '',
      `the ${size}x${size} kernel is larger than the input ${formatShape(input)} with padding ${padding}; use a smaller kernel or more padding`,
    )
  return output
}
