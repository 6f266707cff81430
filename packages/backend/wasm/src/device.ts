import type { DataType, TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { kernelsBase64, relaxedKernelsBase64 } from './kernels.generated.ts'

/** The kernels that assembly/index.ts exports; the index is what worker threads are told. */
export const operations = [
  'pack',
  'convolve',
  'filterGradient',
  'padRows',
  'add',
  'relu',
  'reluGradient',
  'moments',
  'combineMoments',
  'gradientMoments',
  'combineGradient',
  'normalise',
  'normaliseGradient',
  'maxPoolGradient',
  'avgPoolGradient',
  'copyBlocks',
  'winogradFilter',
  'winograd',
  'winogradSource',
  'winogradPanels',
  'winogradTiles',
  'winogradFilterGradient',
] as const

export type Operation = (typeof operations)[number]

/** The exported function of every kernel: address of its arguments, index of this thread, number of threads. */
export type Kernels = { readonly [name in Operation]: (args: number, thread: number, threads: number) => void }

/** Other threads on the same memory; `start` returns at once, `finish` when all have done their part. */
export type Crew = {
  readonly size: number
  readonly start: (operation: Operation) => void
  readonly finish: () => void
  readonly dispose: () => void
}

/** What a platform hands over: the tfjs backend, its memory, and threads if it has any. */
export type Ground = {
  readonly backend: BackendWasm
  readonly memory: WebAssembly.Memory
  /** Starts `size` more threads; left out where memory cannot be shared. */
  readonly crew?: (size: number, module: WebAssembly.Module, control: number) => Promise<Crew | undefined>
}

/** A number that a kernel reads as float32; plain numbers are int32. */
export type Float = { readonly float: number }

/** The kernels on the heap of the tfjs backend, with what their callers need. */
export type Device = {
  readonly backend: BackendWasm
  readonly threads: number
  /** Whether the engine has relaxed SIMD and the kernels multiply and add in one instruction. */
  readonly relaxed: boolean
  /** Runs a kernel; `work` (about the number of float operations) decides whether threads pay. */
  readonly run: (operation: Operation, args: readonly (number | Float)[], work: number) => void
  readonly address: (tensor: TensorInfo) => number
  readonly output: (shape: readonly number[], dtype?: DataType) => TensorInfo
  /** Gives `use` the address of `bytes` bytes of scratch, and frees them after. */
  readonly scratch: <T>(bytes: number, use: (at: number) => T) => T
  /**
   * Something worked out from the tensor data `data` alone, `bytes` long, that lives as long as it does. The first call for a key
   * returns undefined: weights in training are used once and replaced, only what is used again is worth keeping.
   */
  readonly keep: (data: object, key: string, bytes: number, fill: (at: number) => void) => number | undefined
  readonly ints: (at: number, values: readonly number[]) => void
  readonly zero: (at: number, bytes: number) => void
  /** Changes the number of threads that work at once, as far as the platform can. */
  readonly staff: (threads: number) => Promise<void>
}

// The control block: generation, parts done, operation, failures; then the arguments from byte 64.
export const controlBytes = 512
export const argumentsAt = 64
const threadsPayFrom = 30_000

type Heap = { readonly _malloc: (bytes: number) => number; readonly _free: (at: number) => void }

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))

// An engine without relaxed SIMD does not accept the module that uses it.
const bestBinary = (): { readonly bytes: Uint8Array<ArrayBuffer>; readonly relaxed: boolean } => {
  const bytes = bytesOf(relaxedKernelsBase64)
  const relaxed = WebAssembly.validate(bytes)
  return { bytes: relaxed ? bytes : bytesOf(kernelsBase64), relaxed }
}

// The written module declares its memory shared. For an unshared memory only the flag of the import differs.
const moduleFor = (bytes: Uint8Array<ArrayBuffer>, shared: boolean): WebAssembly.Module => {
  if (!shared) {
    const name = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3]
    const at = bytes.findIndex((_, i) => name.every((byte, j) => bytes[i + j] === byte))
    bytes[at + name.length - 1] = 1
  }
  return new WebAssembly.Module(bytes)
}

const isShared = (memory: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer

/** Loads the kernels onto the heap of a tfjs WASM backend. */
export const openDevice = ({ backend, memory, crew }: Ground): Device => {
  const { bytes, relaxed } = bestBinary()
  const module = moduleFor(bytes, isShared(memory))
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels
  const heap = backend.wasm as unknown as Heap
  const malloc = (bytes: number): number => {
    const at = heap._malloc(bytes) >>> 0
    if (at === 0)
      throw new RangeError(`the WASM heap has no room for ${bytes} bytes more; use smaller batches or dispose tensors`)
    return at
  }
  // Views go stale when the heap grows.
  let ints = new Int32Array(memory.buffer)
  let floats = new Float32Array(memory.buffer)
  const view = (): void => {
    if (ints.buffer === memory.buffer) return
    ints = new Int32Array(memory.buffer)
    floats = new Float32Array(memory.buffer)
  }
  const zero = (at: number, bytes: number): void => {
    view()
    ints.fill(0, at >>> 2, (at + bytes) >>> 2)
  }
  let control = malloc(controlBytes)
  let others: Crew | undefined
  const kept = new WeakMap<object, Map<string, number | undefined>>()
  const disposeData = backend.disposeData.bind(backend)
  backend.disposeData = (data, force) => {
    const freed = disposeData(data, force)
    if (freed) {
      for (const at of kept.get(data)?.values() ?? []) if (at !== undefined) heap._free(at)
      kept.delete(data)
    }
    return freed
  }
  const dispose = backend.dispose.bind(backend)
  backend.dispose = () => {
    others?.dispose()
    others = undefined
    dispose()
  }

  return {
    backend,
    get threads(): number {
      return 1 + (others?.size ?? 0)
    },
    relaxed,
    run: (operation, args, work) => {
      view()
      const first = (control + argumentsAt) >>> 2
      for (let i = 0; i < args.length; i++) {
        const value = args[i]!
        if (typeof value === 'number') ints[first + i] = value
        else floats[first + i] = value.float
      }
      if (others === undefined || work < threadsPayFrom) return kernels[operation](control + argumentsAt, 0, 1)
      others.start(operation)
      kernels[operation](control + argumentsAt, 0, 1 + others.size)
      others.finish()
    },
    address: (tensor) => backend.getMemoryOffset(tensor.dataId as object),
    output: (shape, dtype = 'float32') => backend.makeOutput([...shape], dtype),
    scratch: (bytes, use) => {
      const at = malloc(bytes)
      try {
        return use(at)
      } finally {
        heap._free(at)
      }
    },
    keep: (data, key, bytes, fill) => {
      const entries = kept.get(data) ?? new Map<string, number | undefined>()
      kept.set(data, entries)
      const seen = entries.has(key)
      const at = entries.get(key)
      if (at !== undefined) return at
      const made = seen ? malloc(bytes) : undefined
      entries.set(key, made)
      if (made !== undefined) fill(made)
      return made
    },
    ints: (at, values) => {
      view()
      ints.set(values, at >>> 2)
    },
    zero,
    staff: async (threads) => {
      if (threads === 1 + (others?.size ?? 0)) return
      // A fresh block: threads that are told to end may still read the old one.
      if (others !== undefined) control = malloc(controlBytes)
      others?.dispose()
      others = undefined
      zero(control, controlBytes)
      if (threads > 1) others = await crew?.(threads - 1, module, control)
    },
  }
}
