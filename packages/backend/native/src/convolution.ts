import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import type { Convolution } from './geometry.ts'

/** The kinds of convolution, each with the names of TensorFlow's operations. */
export const dense = {
  forward: 'Conv2D',
  byInput: 'Conv2DBackpropInput',
  byFilter: 'Conv2DBackpropFilter',
} as const

/** One filter a channel. */
export const depthwise = {
  forward: 'DepthwiseConv2dNative',
  byInput: 'DepthwiseConv2dNativeBackpropInput',
  byFilter: 'DepthwiseConv2dNativeBackpropFilter',
} as const

type Kind = typeof dense | typeof depthwise

/** The convolution. */
export const convolve = (
  { run }: Device,
  { forward }: Kind,
  { x, filter }: { readonly x: TensorInfo; readonly filter: TensorInfo },
  { attributes }: Convolution,
): TensorInfo => run(forward, attributes, [x, filter])[0]!

/** The filter turned around, its inputs its outputs. */
const turn = (device: Device, filter: TensorInfo): TensorInfo => {
  const [axes, order] = [device.writeInts([0, 1]), device.writeInts([0, 1, 3, 2])]
  const index = { type: device.backend.binding.TF_INT32 }
  const [reversed] = device.run('ReverseV2', { Tidx: index }, [filter, axes])
  const [turned] = device.run('Transpose', { Tperm: index }, [reversed!, order])
  for (const tensor of [axes, order, reversed!]) device.dispose(tensor)
  return turned!
}

/**
 * Its gradient by the input, of this shape. Input gradients of oneDNN in TensorFlow 2.21 are wrong for many sizes (1x1
 * from 512 channels, 3x3 at stride 2 from 144) and its convolutions are right, so on the CPU it is a convolution with
 * the filter turned around, or TensorFlow's own kernel.
 */
export const gradientByInput = (
  device: Device,
  kind: Kind,
  { dy, filter }: { readonly dy: TensorInfo; readonly filter: TensorInfo },
  { attributes, plain, turned }: Convolution,
  inputShape: readonly number[],
): TensorInfo => {
  if (kind === dense && turned !== undefined && !device.gpu) {
    const around = turn(device, filter)
    const [dx] = device.run(kind.forward, turned, [dy, around])
    device.dispose(around)
    return dx!
  }
  const sizes = device.writeInts(inputShape)
  const [dx] = device.run(kind.byInput, device.gpu ? attributes : plain, [sizes, filter, dy])
  device.dispose(sizes)
  return dx!
}

/** Its gradient by the filter, of this shape. */
export const gradientByFilter = (
  device: Device,
  { byFilter }: Kind,
  { x, dy }: { readonly x: TensorInfo; readonly dy: TensorInfo },
  { attributes }: Convolution,
  filterShape: readonly number[],
): TensorInfo => {
  const sizes = device.writeInts(filterShape)
  const [dfilter] = device.run(byFilter, attributes, [x, sizes, dy])
  device.dispose(sizes)
  return dfilter!
}
