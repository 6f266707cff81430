import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'

/** A function of the values of tensors of one shape, by the texel. */
const elementwise = (
  device: Device,
  name: string,
  inputs: { readonly [name: string]: TensorInfo },
  code: string,
): TensorInfo => {
  const { shape } = Object.values(inputs)[0]!
  return device.run({ key: `${name} ${shape}`, outputs: { value: shape }, inputs, code: () => code })[0]!
}

/** The larger of x and 0; NaN stays NaN. */
export const relu = (device: Device, x: TensorInfo): TensorInfo =>
  elementwise(device, 'relu', { x }, 'vec4 v = x_here; value = mix(v, vec4(0), lessThan(v, vec4(0)));')

/** The larger of x and 0, and at most 6; NaN stays NaN. */
export const relu6 = (device: Device, x: TensorInfo): TensorInfo =>
  elementwise(
    device,
    'relu6',
    { x },
    'vec4 v = x_here; v = mix(v, vec4(0), lessThan(v, vec4(0))); value = mix(v, vec4(6), greaterThan(v, vec4(6)));',
  )

/** dy where y is positive, else 0. */
export const reluGradient = (device: Device, dy: TensorInfo, y: TensorInfo): TensorInfo =>
  elementwise(device, 'relu gradient', { dy, y }, 'value = mix(vec4(0), dy_here, greaterThan(y_here, vec4(0)));')

/** The sum of two tensors of one shape. */
export const add = (device: Device, a: TensorInfo, b: TensorInfo): TensorInfo =>
  elementwise(device, 'add', { a, b }, 'value = a_here + b_here;')
