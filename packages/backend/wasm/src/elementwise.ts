import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { sizeOf } from './shape.ts'

/** max(x, 0), NaN kept. */
export const relu = (device: Device, x: TensorInfo): TensorInfo => {
  const y = device.output(x.shape)
  const count = sizeOf(x.shape)
  device.run('relu', { x: device.address(x), y: device.address(y), count }, 2 * count)
  return y
}

/** dy where y > 0, else 0. */
export const reluGradient = (device: Device, dy: TensorInfo, y: TensorInfo): TensorInfo => {
  const dx = device.output(y.shape)
  const count = sizeOf(y.shape)
  device.run('reluGradient', { dy: device.address(dy), y: device.address(y), dx: device.address(dx), count }, 2 * count)
  return dx
}

/** a + b, of one shape. */
export const add = (device: Device, a: TensorInfo, b: TensorInfo): TensorInfo => {
  const sum = device.output(a.shape)
  const count = sizeOf(a.shape)
  device.run('add', { a: device.address(a), b: device.address(b), sum: device.address(sum), count }, 2 * count)
  return sum
}
