import * as tf from '@tensorflow/tfjs-core'
import type { GradConfig, Tensor, Tensor4D } from '@tensorflow/tfjs-core'

type Pair = readonly [number, number]
type Info = tf.backend_util.Conv2DInfo
type Settings = {
  readonly strides: number | [number, number]
  readonly dilations: number | [number, number]
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** How far the taps of a filter reach along height and width. */
const reach = ({ filterHeight, filterWidth, dilationHeight, dilationWidth }: Info): Pair => [
  (filterHeight - 1) * dilationHeight,
  (filterWidth - 1) * dilationWidth,
]

/** How far the first taps of all windows reach along height and width. */
const span = ({ outHeight, outWidth, strideHeight, strideWidth }: Info): Pair => [
  (outHeight - 1) * strideHeight + 1,
  (outWidth - 1) * strideWidth + 1,
]

/** An image with zeros, or a part of it: rows and columns from `from` (which may be negative) on, `size` many. */
const window = (x: Tensor, from: Pair, size: Pair): Tensor => {
  const [height, width] = [x.shape[1]!, x.shape[2]!]
  const before = from.map((begin) => Math.max(0, -begin))
  const after = [height, width].map((length, axis) => Math.max(0, from[axis]! + size[axis]! - length))
  const padded = tf.pad(x, [
    [0, 0],
    [before[0]!, after[0]!],
    [before[1]!, after[1]!],
    [0, 0],
  ])
  return tf.slice(padded, [0, from[0] + before[0]!, from[1] + before[1]!, 0], [-1, size[0], size[1], -1])
}

/** The gradients of the outputs with zeros between them, so that they stand `stride` apart. */
const spread = (dy: Tensor, info: Info): Tensor => {
  const { strideHeight, strideWidth, outHeight, outWidth, outChannels, batchSize } = info
  if (strideHeight === 1 && strideWidth === 1) return dy
  const columns = tf.pad(tf.reshape(dy, [-1, outChannels]), [
    [0, 0],
    [0, (strideWidth - 1) * outChannels],
  ])
  const row = outWidth * strideWidth * outChannels
  const rows = tf.pad(tf.reshape(columns, [-1, row]), [
    [0, 0],
    [0, (strideHeight - 1) * row],
  ])
  const wide = tf.reshape(rows, [batchSize, outHeight * strideHeight, outWidth * strideWidth, outChannels])
  return window(wide, [0, 0], span(info))
}

/** The gradient of the input: a depthwise convolution of `dy` by the filter turned round. */
const inputGradient = (dy: Tensor, filter: Tensor, info: Info): Tensor => {
  const { inChannels, inHeight, inWidth, outChannels, filterHeight, filterWidth, padInfo } = info
  const [down, across] = reach(info)
  const turned = tf.reshape(tf.reverse(filter, [0, 1]), [filterHeight, filterWidth, outChannels, 1])
  const placed = window(
    spread(dy, info),
    [padInfo.top - down, padInfo.left - across],
    [inHeight + down, inWidth + across],
  )
  const dx = tf.depthwiseConv2d(placed as Tensor4D, turned as Tensor4D, 1, 'valid', 'NHWC', [
    info.dilationHeight,
    info.dilationWidth,
  ])
  if (outChannels === inChannels) return dx
  return tf.sum(tf.reshape(dx, [-1, inHeight, inWidth, inChannels, outChannels / inChannels]), 4)
}

/** The gradient of the filter: for each tap, the sum over all outputs of `dy` times the pixel under the tap. */
const filterGradient = (dy: Tensor, x: Tensor, info: Info): Tensor => {
  const { inChannels, outChannels, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info
  const multiplier = outChannels / inChannels
  const positions = dy.size / outChannels
  const upstream = tf.reshape(dy, [positions, inChannels, multiplier])
  const taps = Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
    const [u, v] = [Math.floor(tap / filterWidth), tap % filterWidth]
    const from: Pair = [u * info.dilationHeight - padInfo.top, v * info.dilationWidth - padInfo.left]
    const reached = window(x, from, span(info))
    const under =
      strideHeight === 1 && strideWidth === 1
        ? reached
        : tf.stridedSlice(reached, [0, 0, 0, 0], reached.shape, [1, strideHeight, strideWidth, 1])
    return tf.sum(tf.mul(tf.reshape(under, [positions, inChannels, 1]), upstream), 0)
  })
  return tf.reshape(tf.stack(taps), [filterHeight, filterWidth, inChannels, multiplier])
}

/** A depthwise convolution. From tensor operations alone, because some backends lack its gradient kernels. */
export const depthwise: GradConfig = {
  kernelName: 'DepthwiseConv2dNative',
  inputsToSave: ['x', 'filter'],
  gradFunc: (gradient, saved, settings) => {
    const dy = gradient as Tensor
    const [x, filter] = saved as [Tensor4D, Tensor4D]
    const { strides, dilations, pad, dimRoundingMode } = settings as unknown as Settings
    const info = tf.backend_util.computeConv2DInfo(
      x.shape,
      filter.shape,
      strides,
      dilations,
      pad,
      dimRoundingMode,
      true,
    )
    return { x: () => inputGradient(dy, filter, info), filter: () => filterGradient(dy, x, info) }
  },
}
