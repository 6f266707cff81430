import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { OutOfMemoryError } from './errors.ts'
import type { Heap } from './heap.ts'

/**
 * Something worked out from the tensor data `data` alone, `bytes` long, that lives as long as it does. The first two
 * calls for a key return undefined: weights in training are used once and replaced, and a net that is traced runs
 * twice. So does every call where it would not fit into the room for all that is kept, or into the heap. The address is
 * good until the next call.
 */
export type Keep = (data: object, key: string, bytes: number, fill: (at: number) => void) => number | undefined

/** What is kept. */
type Kept = { readonly at: number; readonly bytes: number; readonly forget: () => void }

const usesBefore = 2

// What cannot be kept is worked out in scratch memory, which may fit where something else was freed.
const allocated = (heap: Pick<Heap, 'allocate'>, bytes: number): number | undefined => {
  try {
    return heap.allocate(bytes)
  } catch (error) {
    if (error instanceof OutOfMemoryError) return undefined
    throw error
  }
}

/**
 * Keeps things beside the data of a backend's tensors, `room()` bytes at most; frees them when the data is disposed, or
 * when the heap is full.
 */
export const keepBeside = (
  backend: Pick<BackendWasm, 'disposeData'>,
  heap: Pick<Heap, 'allocate' | 'free' | 'whenFull'>,
  room: () => number,
): Keep => {
  const ofData = new WeakMap<object, Map<string, Kept | number>>()
  const all = new Set<Kept>()
  // The one that a kernel may be reading.
  let handedOut: Kept | undefined
  let taken = 0
  const release = (one: Kept): void => {
    heap.free(one.at)
    taken -= one.bytes
    all.delete(one)
    one.forget()
  }
  heap.whenFull(() => {
    const spare = [...all].filter((one) => one !== handedOut)
    spare.forEach(release)
    return spare.length > 0
  })
  const disposeData = backend.disposeData.bind(backend)
  backend.disposeData = (data, force) => {
    const freed = disposeData(data, force)
    if (freed) {
      for (const one of ofData.get(data)?.values() ?? []) if (typeof one !== 'number') release(one)
      ofData.delete(data)
    }
    return freed
  }
  return (data, key, bytes, fill) => {
    const entries = ofData.get(data) ?? new Map<string, Kept | number>()
    ofData.set(data, entries)
    const known = entries.get(key) ?? 0
    handedOut = typeof known === 'number' ? undefined : known
    if (typeof known !== 'number') return known.at
    entries.set(key, known + 1)
    if (known < usesBefore || bytes > room() - taken) return undefined
    const at = allocated(heap, bytes)
    if (at === undefined) return undefined
    try {
      fill(at)
    } catch (error) {
      heap.free(at)
      throw error
    }
    handedOut = { at, bytes, forget: () => void entries.delete(key) }
    entries.set(key, handedOut)
    all.add(handedOut)
    taken += bytes
    return at
  }
}
