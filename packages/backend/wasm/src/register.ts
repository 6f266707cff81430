import { getKernel, type KernelFunc, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { kernels } from './kernels.ts'
import type { Inputs } from './own-kernel.ts'
import { freeingOnFailure } from './ownership.ts'

/** The names of the kernels that this package registers. */
export const kernelNames: readonly string[] = Object.keys(kernels)

// What each of our registered functions replaced, so that registering twice still falls back to the kernel of tfjs.
const replaced = new WeakMap<KernelFunc, KernelFunc>()

const refusal = (kernelName: string, inputs: Inputs): Error =>
  new TypeError(
    `${kernelName} on wasm takes float32 tensors (NHWC where it matters), got ${Object.entries(inputs)
      .map(([name, input]) => `${name}: ${input?.dtype ?? 'nothing'} [${input?.shape ?? ''}]`)
      .join(', ')}`,
  )

/** Registers every kernel of ours on the backend name 'wasm', in place of what is there. */
export const registerKernels = (device: Device): void => {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    const present = getKernel(kernelName, 'wasm')
    const stock = present && (replaced.get(present.kernelFunc) ?? present.kernelFunc)
    const kernelFunc = freeingOnFailure((parameters) => {
      const inputs = parameters.inputs as Inputs
      const outputs = kernel(device, inputs, parameters.attrs ?? {})
      if (outputs !== undefined) return outputs
      if (stock === undefined) throw refusal(kernelName, inputs)
      return stock(parameters)
    })
    if (stock !== undefined) replaced.set(kernelFunc, stock)
    if (present != null) unregisterKernel(kernelName, 'wasm')
    // The set-up functions of tfjs bind its own kernels to the backend: they must stay for the fall-back.
    registerKernel({ ...present, kernelName, backendName: 'wasm', kernelFunc })
  }
}
