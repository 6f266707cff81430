import type { KernelBackend, KernelFunc } from '@tensorflow/tfjs-core'

// The references that the running kernel took, on each backend; undefined outside a kernel.
const taken = new WeakMap<object, object[] | undefined>()

const noting = new WeakSet<KernelBackend>()

/**
 * Notes that the running kernel made data, so that it is freed if the kernel fails. What a backend makes by `write` or
 * takes by `incRef` is noted without it.
 */
export const noteData = (backend: KernelBackend, data: object): void => void taken.get(backend)?.push(data)

/** Makes a backend note what its kernels make. */
export const noteOwnership = (backend: KernelBackend): void => {
  if (noting.has(backend)) return
  noting.add(backend)
  const write = backend.write.bind(backend)
  const incRef = backend.incRef.bind(backend)
  const disposeData = backend.disposeData.bind(backend)
  backend.write = (...args) => {
    const data = write(...args)
    noteData(backend, data)
    return data
  }
  backend.incRef = (data) => {
    incRef(data)
    noteData(backend, data)
  }
  backend.disposeData = (data, force) => {
    const list = taken.get(backend)
    const at = list?.lastIndexOf(data) ?? -1
    if (at >= 0) list!.splice(at, 1)
    return disposeData(data, force)
  }
}

/** A kernel that gives back all that it made, and all references that it took, if it throws. */
export const freeingOnFailure =
  (kernelFunc: KernelFunc): KernelFunc =>
  (parameters) => {
    const backend = parameters.backend as KernelBackend
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
