import { getKernel, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'

const kernelNames: { readonly [activation: string]: string } = {
  elu: 'Elu',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
  sigmoid: 'Sigmoid',
}

/** An activation that is more than two bounds, by the kernel of its own; frees its input. */
export const activate = (
  device: Device,
  x: TensorInfo,
  { activation = '', leakyreluAlpha = 0.2 }: { readonly activation?: string; readonly leakyreluAlpha?: number },
  alpha: TensorInfo | null | undefined,
): TensorInfo => {
  const kernel = getKernel(kernelNames[activation] ?? activation, 'wasm')
  if (kernel == null)
    throw new TypeError(`the activation '${activation}' has no kernel on wasm; apply it to the result`)
  const inputs = alpha == null ? { x } : { x, alpha }
  const y = kernel.kernelFunc({ inputs, attrs: { alpha: leakyreluAlpha }, backend: device.backend })
  device.dispose(x)
  return y as TensorInfo
}
