import { conv1d, reshape, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core'
import {
  checkBatch,
  checkSample,
  checkVariables,
  fanInUniform,
  type Initialiser,
  type Layer,
  op,
  Spec,
} from '@resfn/layer'
import { checkOptions, func, optional, OptionsError, recordOf, wholeNumberFrom } from '@resfn/options'

/** `weight` [size, 1, 1] */
export type ChannelConv1dParams = { readonly weight: Tensor }

/** The options of a convolution along the channels. */
export type ChannelConv1dOptions = {
  /** neighbouring channels that make one, an odd number */
  readonly size: number
  /** first values; by default uniform with bound `1 / sqrt(size)`, as in PyTorch */
  readonly initial?: { readonly weight?: Initialiser }
}

const rules = { size: wholeNumberFrom(1), initial: optional(recordOf(func, 'weight')) }

const checkSize = (caller: string, size: number): void => {
  if (size % 2 === 0) throw new OptionsError(`${caller}: size must be odd, not ${size}; ${size + 1} has a middle`)
}

const convolve = ({ weight }: ChannelConv1dParams, x: Tensor): Tensor => {
  checkBatch('channelConv1d', x, ['features'], 'put globalAvgPool before it')
  const [batch, channels] = x.shape as [number, number]
  const signal: Tensor3D = reshape(x, [batch, channels, 1])
  return reshape(conv1d(signal, weight as Tensor3D, 1, 'same'), [batch, channels])
}

/**
 * Convolution along the channels as a bare function: `y[n,c] = sum over k of weight[k] x[n, c + k - (size - 1) / 2]`,
 * with zeros beyond the first and the last channel.
 *
 * @param params weight, [size, 1, 1] with an odd size
 * @param x [batch, channels]
 * @returns y, of the same shape
 * @throws ShapeError, InputError if x is not a float32 batch of vectors
 * @throws VariablesError if the weight is missing, disposed or of another shape
 * @throws OptionsError if the size is even
 * @see Wang et al., "ECA-Net: efficient channel attention for deep convolutional neural networks" (2020), equation 7
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyChannelConv1d } from '@resfn/channel-conv1d'
 *
 * const y = applyChannelConv1d({ weight: tf.tensor3d([100, 10, 1], [3, 1, 1]) }, tf.tensor2d([[1, 2, 3]]))
 * assert.deepEqual([...y.dataSync()], [12, 123, 230])
 * ```
 */
export const applyChannelConv1d = (params: ChannelConv1dParams, x: Tensor): Tensor => {
  checkVariables('channelConv1d', params, { weight: ['size', 1, 1] })
  checkSize('applyChannelConv1d', params.weight.shape[0]!)
  return convolve(params, x)
}

/**
 * Convolution along the channels as a layer: each channel becomes a weighted sum of `size` neighbours, with the same
 * weights for all; no bias. The shape stays.
 *
 * @param options the odd size, and first values where they are not the default
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, from `plan`, if the input is not [channels]
 * @see Wang et al., "ECA-Net: efficient channel attention for deep convolutional neural networks" (2020), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { channelConv1d } from '@resfn/channel-conv1d'
 *
 * const { params, macs } = channelConv1d({ size: 5 }).plan([256])
 * assert.deepEqual([params.weight.shape, macs], [[5, 1, 1], 5 * 256])
 * ```
 */
export const channelConv1d = (options: ChannelConv1dOptions): Layer<ChannelConv1dParams> => {
  checkOptions('channelConv1d', options, rules)
  const { size, initial = {} } = options
  checkSize('channelConv1d', size)
  const shapes = { weight: [size, 1, 1] }
  return op<ChannelConv1dParams>(
    (input) => {
      checkSample('channelConv1d', input, ['features'], 'put globalAvgPool before it')
      return {
        kind: `channelConv1d ${size}`,
        params: { weight: new Spec([size, 1, 1], initial.weight ?? fanInUniform) },
        macs: size * input[0]!,
      }
    },
    (params, x) => {
      checkVariables('channelConv1d', params, shapes)
      return convolve(params, x)
    },
  )
}
