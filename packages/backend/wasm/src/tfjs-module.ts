import { KernelError, NoHeapError, OutOfMemoryError } from './errors.ts'
import { withSharedMemory } from './shared-memory.ts'

type Exports = {
  readonly memory: WebAssembly.Memory
  readonly __wasm_call_ctors: () => void
  readonly __errno_location: () => number
  readonly malloc: (bytes: number) => number
  readonly free: (at: number) => void
  readonly stackSave: () => number
  readonly stackRestore: (at: number) => void
  readonly stackAlloc: (bytes: number) => number
  readonly [kernel: string]: unknown
}

type Argument = number | boolean | Uint8Array

/** What `BackendWasm` of tfjs and its kernels use of an Emscripten module. */
export type TfjsModule = {
  readonly memory: WebAssembly.Memory
  readonly HEAPU8: Uint8Array
  /** Throws `OutOfMemoryError` where there is no room; addresses are unsigned. */
  readonly _malloc: (bytes: number) => number
  readonly _free: (at: number) => void
  /** The heap does not grow beyond this; the setter takes the largest too, and a heap that is larger stays. */
  limitBytes: number
  /** Names what frees something, and tells whether it did, where `_malloc` finds no room. */
  readonly whenFull: (free: () => boolean) => void
  readonly cwrap: (
    name: string,
    result: string | null,
    types: readonly string[],
  ) => (...args: readonly Argument[]) => number
  readonly tfjs: {
    readonly init: () => void
    readonly initWithThreadsCount: (threads: number) => void
    readonly getThreadsCount: () => number
    readonly registerTensor: (id: number, size: number, at: number) => void
    readonly disposeData: (id: number) => void
    readonly dispose: () => void
  }
}

const page = 65_536
const outOfMemory = 12

/**
 * The heap never grows beyond this. The last 64 MiB of the address space stay unused, so that a request inside a kernel
 * of tfjs does not wrap around the end of the addresses, where the binary would go on with address 0 instead of asking
 * for growth.
 */
export const mostHeapBytes: number = 2 ** 32 - 2 ** 26

/**
 * Grows the memory to `wanted` bytes at least, and to `limit` at most; a fifth more than needed, up to 96 MiB, as
 * Emscripten does.
 */
const grow = (memory: WebAssembly.Memory, wanted: number, limit: number): boolean => {
  const size = memory.buffer.byteLength
  if (wanted > limit) return false
  for (const share of [0.2, 0.1, 0.05, 0]) {
    const ample = Math.min(limit, Math.max(wanted, Math.min(size * (1 + share), wanted + 100_663_296)))
    try {
      memory.grow(Math.ceil((ample - size) / page))
      return true
    } catch {
      // The machine has less.
    }
  }
  return false
}

/**
 * Starts the binary of tfjs, in place of the start-up code of Emscripten: that code looks for files, takes over the
 * errors of the process, and gives address 0 where memory runs out.
 *
 * Here no allocation fails in silence: those of JavaScript throw, and so do those inside a kernel, through its frames,
 * before it uses an address that it did not get.
 *
 * @param binary tfjs-backend-wasm-simd.wasm
 * @param shared whether the memory is declared shared, so that other threads can work on it
 */
export const startTfjsModule = async (binary: Uint8Array<ArrayBuffer>, shared: boolean): Promise<TfjsModule> => {
  const bytes = (shared && withSharedMemory(binary)) || binary
  let asked: number | undefined
  let limit = mostHeapBytes
  let freeSome = (): boolean => false
  // The bytes of what JavaScript allocated, by address.
  const living = new Map<number, number>()
  let heap = new Uint8Array()
  let words = new DataView(heap.buffer)
  const refusal = (needed?: number): OutOfMemoryError =>
    new OutOfMemoryError({
      ...(needed !== undefined && { bytes: needed }),
      usedBytes: [...living.values()].reduce((sum, one) => sum + one, 0),
      heapBytes: exports.memory.buffer.byteLength,
      limitBytes: limit,
    })
  // Views go stale when the heap grows.
  const currentHeap = (): Uint8Array => {
    if (heap.buffer === exports.memory.buffer) return heap
    heap = new Uint8Array(exports.memory.buffer)
    words = new DataView(exports.memory.buffer)
    return heap
  }
  const word = (at: number): number => {
    currentHeap()
    return words.getUint32(at, true)
  }
  const setWord = (at: number, value: number): void => {
    currentHeap()
    words.setUint32(at, value, true)
  }

  const env = {
    abort: () => {
      throw new WebAssembly.RuntimeError('abort')
    },
    emscripten_memcpy_big: (to: number, from: number, count: number) =>
      currentHeap().copyWithin(to >>> 0, from >>> 0, (from >>> 0) + (count >>> 0)),
    emscripten_get_heap_max: () => limit,
    emscripten_resize_heap: (wanted: number): boolean => {
      const before = exports.memory.buffer.byteLength
      if (grow(exports.memory, wanted >>> 0, limit)) return true
      // JavaScript that asked looks at the address it gets; a kernel does not.
      if (asked !== undefined) return false
      throw refusal((wanted >>> 0) - before)
    },
  }
  // What a kernel writes tells that XNNPACK refused; tfjs would go on with what lies in the output.
  let written = ''
  const wasi_snapshot_preview1 = {
    fd_close: () => 52,
    fd_seek: () => 70,
    fd_write: (_: number, list: number, count: number, total: number): number => {
      const parts = Array.from({ length: count }, (_part, i) => {
        const [at, length] = [word((list >>> 0) + 8 * i), word((list >>> 0) + 8 * i + 4)]
        return currentHeap().slice(at, at + length)
      })
      written += parts.map((part) => new TextDecoder().decode(part)).join('')
      setWord(
        total >>> 0,
        parts.reduce((sum, { length }) => sum + length, 0),
      )
      return 0
    },
  }
  const { instance } = await WebAssembly.instantiate(bytes, { env, wasi_snapshot_preview1 }).catch((error: unknown) => {
    throw error instanceof RangeError ? new NoHeapError(error) : error
  })
  const exports = instance.exports as Exports
  exports.__wasm_call_ctors()
  const errorNumber = exports.__errno_location()

  const onStack = (values: Uint8Array): number => {
    const at = exports.stackAlloc(values.length) >>> 0
    currentHeap().set(values, at)
    return at
  }
  // Frames that an error leaves through do not restore the stack; and a kernel that got no memory tells it by errno at
  // most.
  const cwrap: TfjsModule['cwrap'] = (name, _result, types) => {
    const run = exports[name] as (...args: readonly (number | boolean)[]) => number
    return (...args) => {
      const stack = exports.stackSave()
      try {
        const values = args.map((arg, i) => (types[i] === 'array' ? onStack(arg as Uint8Array) : (arg as number)))
        const result = run(...values)
        if (word(errorNumber) === outOfMemory) throw refusal()
        if (written !== '') throw new Error(`the WASM kernel ${name} refused its inputs: ${written.trim()}`)
        return result
      } catch (error) {
        const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError
        if (trapped && word(errorNumber) === outOfMemory) throw refusal()
        throw trapped ? new KernelError({ kernel: name }, error) : error
      } finally {
        setWord(errorNumber, 0)
        written = ''
        exports.stackRestore(stack)
      }
    }
  }
  // The address of so many bytes, or undefined.
  const placed = (needed: number): number | undefined => {
    const at = needed <= limit ? exports.malloc(needed) >>> 0 : 0
    return at === 0 || at + needed > exports.memory.buffer.byteLength ? undefined : at
  }
  const malloc = (needed: number): number => {
    asked = needed
    try {
      const at = placed(needed) ?? (freeSome() ? placed(needed) : undefined)
      if (at === undefined) throw refusal(needed)
      living.set(at, needed)
      return at
    } finally {
      asked = undefined
      setWord(errorNumber, 0)
    }
  }
  const free = (at: number): void => {
    living.delete(at)
    exports.free(at)
  }
  const register = cwrap('register_tensor', null, [])
  return {
    memory: exports.memory,
    get HEAPU8() {
      return currentHeap()
    },
    _malloc: malloc,
    _free: free,
    get limitBytes() {
      return limit
    },
    set limitBytes(bytes) {
      limit = bytes
    },
    whenFull: (use) => {
      freeSome = use
    },
    cwrap,
    tfjs: {
      init: cwrap('init', null, []),
      initWithThreadsCount: cwrap('init_with_threads_count', null, []),
      getThreadsCount: cwrap('get_threads_count', 'number', []),
      registerTensor: (id, size, at) => {
        try {
          register(id, size, at)
        } catch (error) {
          free(at)
          throw error
        }
      },
      disposeData: cwrap('dispose_data', null, []),
      dispose: cwrap('dispose', null, []),
    },
  }
}
