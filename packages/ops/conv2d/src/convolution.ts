import { conv2d, depthwiseConv2d, reshape, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { dilateFilter } from '@resfn/primitive'
import { groupedConv2d } from './grouped.ts'
import { sides, type Window } from './window.ts'

/** The convolution of checked inputs by the operation that fits the groups: dense, depthwise or grouped. */
export const convolution = (x: Tensor, weight: Tensor, { stride, padding, dilation, groups }: Window): Tensor => {
  // tfjs takes no stride and dilation together.
  if (stride > 1 && dilation > 1)
    return convolution(x, dilateFilter(weight, [dilation, dilation]), { stride, padding, dilation: 1, groups })
  const [pad, input, channels] = [sides(padding), x as Tensor4D, x.shape[3]!]
  if (groups === 1) return conv2d(input, weight as Tensor4D, stride, pad, 'NHWC', dilation)
  if (groups < channels) return groupedConv2d({ x, filter: weight }, { stride, padding, dilation, groups })[0]
  const [height, width, , out] = weight.shape as Tensor4D['shape']
  const filter = reshape(weight, [height, width, channels, out / channels]) as Tensor4D
  return depthwiseConv2d(input, filter, stride, pad, 'NHWC', dilation)
}
