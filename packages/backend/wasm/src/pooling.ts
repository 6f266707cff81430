import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'

/** Gives each output's gradient to the first largest element of its window (max) or evenly to its elements (avg). */
export const poolGradient = (
  device: Device,
  kind: 'max' | 'avg',
  info: backend_util.Conv2DInfo,
  { dy, x }: { readonly dy: TensorInfo; readonly x: TensorInfo },
): TensorInfo => {
  const dx = device.output(x.shape)
  const { outHeight, outWidth, filterHeight, filterWidth } = info
  device.run(
    kind === 'max' ? 'maxPoolGradient' : 'avgPoolGradient',
    {
      dy: device.address(dy),
      x: device.address(x),
      dx: device.address(dx),
      batch: info.batchSize,
      height: info.inHeight,
      width: info.inWidth,
      channels: info.inChannels,
      outHeight,
      outWidth,
      filterHeight,
      filterWidth,
      stepY: info.strideHeight,
      stepX: info.strideWidth,
      top: info.padInfo.top,
      left: info.padInfo.left,
      dilationY: info.dilationHeight,
      dilationX: info.dilationWidth,
    },
    2 * info.batchSize * outHeight * outWidth * filterHeight * filterWidth * info.inChannels,
  )
  return dx
}
