import { getKernelsForBackend, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import type { KernelFunc } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'

// The references that the running kernel took, on each backend; undefined outside a kernel.
const taken = new WeakMap<object, object[] | undefined>()

/** Makes a backend note what its kernels make, so that a kernel that fails leaves nothing behind. */
export const noteOutputs = (backend: BackendWasm): void => {
  const write = backend.write.bind(backend)
  const makeOutput = backend.makeOutput.bind(backend)
  const incRef = backend.incRef.bind(backend)
  const disposeData = backend.disposeData.bind(backend)
  backend.write = (...args) => {
    const data = write(...args)
    taken.get(backend)?.push(data)
    return data
  }
  backend.makeOutput = (shape, dtype, at, values) => {
    // An address that C++ gives is signed. Without one tfjs calls write, which notes it.
    const out = makeOutput(shape, dtype, at == null ? at : at >>> 0, values)
    if (at != null) taken.get(backend)?.push(out.dataId as object)
    return out
  }
  backend.incRef = (data) => {
    incRef(data)
    taken.get(backend)?.push(data)
  }
  backend.disposeData = (data, force) => {
    const list = taken.get(backend)
    const at = list?.lastIndexOf(data) ?? -1
    if (at >= 0) list!.splice(at, 1)
    return disposeData(data, force)
  }
}

const freeing = new WeakSet<KernelFunc>()

/** A kernel that gives back all that it made, and all references that it took, if it throws. */
export const freeingOnFailure = (kernelFunc: KernelFunc): KernelFunc => {
  if (freeing.has(kernelFunc)) return kernelFunc
  const wrapped: KernelFunc = (parameters) => {
    const backend = parameters.backend as BackendWasm
    const outer = taken.get(backend)
    const own: object[] = []
    taken.set(backend, own)
    try {
      const outputs = kernelFunc(parameters)
      outer?.push(...own)
      return outputs
    } catch (error) {
      for (const data of [...own]) backend.disposeData(data)
      throw error
    } finally {
      taken.set(backend, outer)
    }
  }
  freeing.add(wrapped)
  return wrapped
}

/** Makes all kernels that are registered for the backend name 'wasm' free what they made if they fail. */
export const guardKernels = (): void => {
  for (const kernel of getKernelsForBackend('wasm')) {
    const kernelFunc = freeingOnFailure(kernel.kernelFunc)
    if (kernelFunc === kernel.kernelFunc) continue
    unregisterKernel(kernel.kernelName, 'wasm')
    registerKernel({ ...kernel, kernelFunc })
  }
}
