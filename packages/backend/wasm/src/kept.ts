import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { Heap } from './heap.ts'

/**
 * Something worked out from the tensor data `data` alone, `bytes` long, that lives as long as it does. The first two
 * calls for a key return undefined: weights in training are used once and replaced, and a net that is traced runs
 * twice. So does every call where it would not fit into the room for all that is kept.
 */
export type Keep = (data: object, key: string, bytes: number, fill: (at: number) => void) => number | undefined

/** What is kept, or how often it was asked for. */
type Kept = { readonly at: number; readonly bytes: number } | number

const usesBefore = 2

/** Keeps things beside the data of a backend's tensors, `room` bytes at most; frees them when the data is disposed. */
export const keepBeside = (
  backend: Pick<BackendWasm, 'disposeData'>,
  heap: Pick<Heap, 'allocate' | 'free'>,
  room: number,
): Keep => {
  const kept = new WeakMap<object, Map<string, Kept>>()
  let left = room
  const disposeData = backend.disposeData.bind(backend)
  backend.disposeData = (data, force) => {
    const freed = disposeData(data, force)
    if (freed) {
      for (const one of kept.get(data)?.values() ?? [])
        if (typeof one !== 'number') {
          heap.free(one.at)
          left += one.bytes
        }
      kept.delete(data)
    }
    return freed
  }
  return (data, key, bytes, fill) => {
    const entries = kept.get(data) ?? new Map<string, Kept>()
    kept.set(data, entries)
    const known = entries.get(key) ?? 0
    if (typeof known !== 'number') return known.at
    if (known < usesBefore || bytes > left) {
      entries.set(key, known + 1)
      return undefined
    }
    const made = heap.allocate(bytes)
    try {
      fill(made)
    } catch (error) {
      heap.free(made)
      throw error
    }
    entries.set(key, { at: made, bytes })
    left -= bytes
    return made
  }
}
