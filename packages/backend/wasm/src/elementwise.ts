import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device, Operation } from './device.ts'

/** An elementwise kernel over tensors of one shape; the result is a new tensor of that shape. */
export const elementwise = (
  device: Device,
  operation: Extract<Operation, 'relu' | 'reluGradient' | 'add'>,
  ...inputs: readonly TensorInfo[]
): TensorInfo => {
  const { shape } = inputs[0]!
  const count = shape.reduce((product, length) => product * length, 1)
  const out = device.output(shape)
  device.run(operation, [...inputs.map(device.address), device.address(out), count], 2 * count)
  return out
}
