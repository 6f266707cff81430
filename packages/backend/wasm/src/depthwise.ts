import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { ConvolutionInputs } from './convolution.ts'
import type { Device } from './device.ts'
import type { Info } from './geometry.ts'
import { align } from './shape.ts'

type Addresses = { readonly x: number; readonly filter: number; readonly y: number }

const run = (
  device: Device,
  routine: 'depthwise' | 'depthwiseInputGradient' | 'depthwiseFilterGradient',
  info: Info,
  { x, filter, y }: Addresses,
  {
    bias = 0,
    residual = 0,
    clamp: [low, high] = [-Infinity, Infinity],
    scratch = 0,
    threadBytes = 0,
  }: {
    readonly bias?: number
    readonly residual?: number
    readonly clamp?: readonly [low: number, high: number]
    readonly scratch?: number
    readonly threadBytes?: number
  },
): void =>
  device.run(
    routine,
    {
      x,
      filter,
      bias,
      residual,
      y,
      scratch,
      threadBytes,
      batch: info.batchSize,
      height: info.inHeight,
      width: info.inWidth,
      channels: info.inChannels,
      multiplier: info.outChannels / info.inChannels,
      outHeight: info.outHeight,
      outWidth: info.outWidth,
      filterHeight: info.filterHeight,
      filterWidth: info.filterWidth,
      stepY: info.strideHeight,
      stepX: info.strideWidth,
      dilationY: info.dilationHeight,
      dilationX: info.dilationWidth,
      top: info.padInfo.top,
      left: info.padInfo.left,
      low,
      high,
    },
    2 * info.batchSize * info.outHeight * info.outWidth * info.outChannels * info.filterHeight * info.filterWidth,
  )

/** clamp(depthwise convolution of x by a filter [height, width, channels, multiplier] + bias + residual). */
export const depthwise = (
  device: Device,
  info: Info,
  { x, filter, bias, residual }: ConvolutionInputs,
  clamp: readonly [low: number, high: number] = [-Infinity, Infinity],
): TensorInfo => {
  const y = device.output(info.outShape)
  const addresses = { x: device.address(x), filter: device.address(filter), y: device.address(y) }
  run(device, 'depthwise', info, addresses, {
    bias: bias == null ? 0 : device.address(bias),
    residual: residual == null ? 0 : device.address(residual),
    clamp,
  })
  return y
}

/** The gradient by x. */
export const depthwiseInputGradient = (
  device: Device,
  info: Info,
  { dy, filter }: { readonly dy: TensorInfo; readonly filter: TensorInfo },
): TensorInfo => {
  const dx = device.output(info.inShape)
  const addresses = { x: device.address(dx), filter: device.address(filter), y: device.address(dy) }
  run(device, 'depthwiseInputGradient', info, addresses, {})
  return dx
}

/** The gradient by the filter. */
export const depthwiseFilterGradient = (
  device: Device,
  info: Info,
  { x, dy }: { readonly x: TensorInfo; readonly dy: TensorInfo },
): TensorInfo => {
  const { filterHeight, filterWidth, inChannels, outChannels } = info
  const dw = device.output([filterHeight, filterWidth, inChannels, outChannels / inChannels])
  // Sums of each output channel, in double precision, and those of one row.
  const threadBytes = align(outChannels * 12)
  device.scratch({ sums: threadBytes * device.threads }, ({ sums }) => {
    const addresses = { x: device.address(x), filter: device.address(dw), y: device.address(dy) }
    run(device, 'depthwiseFilterGradient', info, addresses, { scratch: sums, threadBytes })
  })
  return dw
}
