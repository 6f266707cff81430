import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { sizeOf } from './shape.ts'

export type Inputs = { readonly [name: string]: TensorInfo | null | undefined }

/** A kernel of ours: its outputs, or undefined to leave these inputs to the kernel that it replaces. */
export type OwnKernel = (device: Device, inputs: Inputs, attributes: object) => TensorInfo | TensorInfo[] | undefined

/** Whether a tensor is float32 and not empty. */
export const isFloat = (tensor: TensorInfo | null | undefined): tensor is TensorInfo =>
  tensor?.dtype === 'float32' && sizeOf(tensor.shape) > 0

/**
 * A kernel for inputs that are float32 and not empty; others are left to the kernel that it replaces. `run` gets them
 * by name, and what else there is (a bias) as it comes.
 */
export const floatKernel =
  <N extends string, A extends object>(
    names: readonly N[],
    run: (
      device: Device,
      inputs: { readonly [name in N]: TensorInfo } & Inputs,
      attributes: A,
    ) => TensorInfo | TensorInfo[] | undefined,
  ): OwnKernel =>
  (device, inputs, attributes) =>
    names.every((name) => isFloat(inputs[name]))
      ? run(device, inputs as { readonly [name in N]: TensorInfo } & Inputs, attributes as A)
      : undefined

/** Whether a tensor is a float32 vector of one value a channel. */
export const isPerChannel = (tensor: TensorInfo | null | undefined, channels: number): tensor is TensorInfo =>
  isFloat(tensor) && tensor.shape.length === 1 && tensor.shape[0] === channels
