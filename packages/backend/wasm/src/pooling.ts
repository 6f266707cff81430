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
  device.run(
    kind === 'max' ? 'maxPoolGradient' : 'avgPoolGradient',
    [
      device.address(dy),
      device.address(x),
      device.address(dx),
      info.batchSize,
      info.inHeight,
      info.inWidth,
      info.inChannels,
      info.outHeight,
      info.outWidth,
      info.filterHeight,
      info.filterWidth,
      info.strideHeight,
      info.strideWidth,
      info.padInfo.top,
      info.padInfo.left,
      info.dilationHeight,
      info.dilationWidth,
    ],
    2 * info.batchSize * info.outHeight * info.outWidth * info.filterHeight * info.filterWidth * info.inChannels,
  )
  return dx
}
