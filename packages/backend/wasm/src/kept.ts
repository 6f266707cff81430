import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { Heap } from './heap.ts'

/**
 * Something worked out from the tensor data `data` alone, `bytes` long, that lives as long as it does. The first call
 * for a key returns undefined: weights in training are used once and replaced, only what is used again is worth
 * keeping.
 */
export type Keep = (data: object, key: string, bytes: number, fill: (at: number) => void) => number | undefined

/** Keeps things beside the data of a backend's tensors; frees them when the data is disposed. */
export const keepBeside = (backend: BackendWasm, heap: Heap): Keep => {
  const kept = new WeakMap<object, Map<string, number | undefined>>()
  const disposeData = backend.disposeData.bind(backend)
  backend.disposeData = (data, force) => {
    const freed = disposeData(data, force)
    if (freed) {
      for (const at of kept.get(data)?.values() ?? []) if (at !== undefined) heap.free(at)
      kept.delete(data)
    }
    return freed
  }
  return (data, key, bytes, fill) => {
    const entries = kept.get(data) ?? new Map<string, number | undefined>()
    kept.set(data, entries)
    const at = entries.get(key)
    if (at !== undefined) return at
    if (!entries.has(key)) {
      entries.set(key, undefined)
      return undefined
    }
    const made = heap.allocate(bytes)
    try {
      fill(made)
    } catch (error) {
      heap.free(made)
      throw error
    }
    entries.set(key, made)
    return made
  }
}
