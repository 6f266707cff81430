import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { align } from './shape.ts'
import type { TfjsModule } from './tfjs-module.ts'

/**
 * The memory of the tfjs backend: what is allocated there, and how JavaScript writes to it. Addresses and lengths are
 * in bytes.
 */
export type Heap = {
  /** @throws OutOfMemoryError */
  readonly allocate: (bytes: number) => number
  readonly free: (at: number) => void
  /** Names what frees something, and tells whether it did, where an allocation of JavaScript finds no room. */
  readonly whenFull: (free: () => boolean) => void
  /** Gives `use` the addresses of named parts of scratch memory, each on a 16-byte boundary, and frees them after. */
  readonly scratch: <N extends string, T>(
    bytes: { readonly [part in N]: number },
    use: (at: { readonly [part in N]: number }) => T,
  ) => T
  /** Views on the whole memory; ask again after each allocation, which may replace them. */
  readonly views: () => { readonly ints: Int32Array; readonly floats: Float32Array }
  readonly ints: (at: number, values: readonly number[]) => void
  /** `count` floats, as they are now. */
  readonly floats: (at: number, count: number) => Float32Array
  readonly zero: (at: number, bytes: number) => void
}

/** The heap of a tfjs WASM backend that runs on `startTfjsModule`, whose allocations throw where there is no room. */
export const openHeap = (backend: BackendWasm, memory: WebAssembly.Memory): Heap => {
  const { _malloc: allocate, _free: free, whenFull } = backend.wasm as unknown as TfjsModule
  const viewsNow = (): { readonly ints: Int32Array; readonly floats: Float32Array } => ({
    ints: new Int32Array(memory.buffer),
    floats: new Float32Array(memory.buffer),
  })
  let current = viewsNow()
  const views: Heap['views'] = () => {
    // Views go stale when the heap grows.
    if (current.ints.buffer !== memory.buffer) current = viewsNow()
    return current
  }
  return {
    allocate,
    free,
    whenFull,
    scratch: (bytes, use) => {
      let total = 16
      for (const part in bytes) total += align(bytes[part])
      const at = allocate(total)
      const addresses: { -readonly [part in keyof typeof bytes]: number } = { ...bytes }
      let next = align(at)
      for (const part in bytes) {
        addresses[part] = next
        next += align(bytes[part])
      }
      try {
        return use(addresses)
      } finally {
        free(at)
      }
    },
    views,
    ints: (at, values) => views().ints.set(values, at >>> 2),
    floats: (at, count) => views().floats.slice(at >>> 2, (at >>> 2) + count),
    zero: (at, bytes) => void views().ints.fill(0, at >>> 2, (at + bytes) >>> 2),
  }
}
