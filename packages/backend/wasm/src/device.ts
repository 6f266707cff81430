import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { compileRoutines } from './binary.ts'
import { type Heap, openHeap } from './heap.ts'
import { type Keep, keepBeside } from './kept.ts'
import { type Arguments, type RoutineName, type Routines, writeArguments } from './routines.ts'

/** Other threads on the same memory; `start` returns at once, `finish` when all have done their part. */
export type Threads = {
  readonly size: number
  readonly start: (routine: RoutineName) => void
  readonly finish: () => void
  readonly dispose: () => void
}

/** What a platform hands over: the tfjs backend, its memory, and threads if it has any. */
export type WasmHost = {
  readonly backend: BackendWasm
  readonly memory: WebAssembly.Memory
  /** Starts `size` more threads; left out where memory cannot be shared. */
  readonly startThreads?: (size: number, module: WebAssembly.Module, control: number) => Promise<Threads | undefined>
}

/** The routines on the heap of the tfjs backend, with what their callers need. */
export type Device = Pick<Heap, 'scratch' | 'ints' | 'zero'> & {
  readonly backend: BackendWasm
  readonly threads: number
  /** Whether the engine has relaxed SIMD and the routines multiply and add in one instruction. */
  readonly relaxed: boolean
  /** Runs a routine; `work` (about the number of float operations) decides whether threads pay. */
  readonly run: <N extends RoutineName>(routine: N, args: Arguments<N>, work: number) => void
  readonly address: (tensor: TensorInfo) => number
  /** A new float32 tensor. */
  readonly output: (shape: readonly number[]) => TensorInfo
  readonly dispose: (tensor: TensorInfo) => void
  readonly keep: Keep
  /** Changes the number of threads that work at once, as far as the platform can. */
  readonly setThreads: (threads: number) => Promise<void>
}

// The control block: generation, parts done, routine, failures; then the arguments from byte 64.
export const controlBytes = 512
export const argumentsAt = 64
const threadsPayFrom = 30_000

/** Loads the routines onto the heap of a tfjs WASM backend. */
export const openDevice = ({ backend, memory, startThreads }: WasmHost): Device => {
  const { module, relaxed } = compileRoutines(memory)
  const routines = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Routines
  const heap = openHeap(backend, memory)
  let control = heap.allocate(controlBytes)
  let others: Threads | undefined
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
    run: (routine, args, work) => {
      writeArguments(heap.views(), (control + argumentsAt) >>> 2, routine, args)
      if (others === undefined || work < threadsPayFrom) return routines[routine](control + argumentsAt, 0, 1)
      others.start(routine)
      routines[routine](control + argumentsAt, 0, 1 + others.size)
      others.finish()
    },
    address: (tensor) => backend.getMemoryOffset(tensor.dataId as object),
    output: (shape) => backend.makeOutput([...shape], 'float32'),
    dispose: (tensor) => void backend.disposeData(tensor.dataId as object),
    scratch: heap.scratch,
    ints: heap.ints,
    zero: heap.zero,
    keep: keepBeside(backend, heap),
    setThreads: async (threads) => {
      if (threads === 1 + (others?.size ?? 0)) return
      // A fresh block: threads that are told to end may still read the old one.
      if (others !== undefined) control = heap.allocate(controlBytes)
      others?.dispose()
      others = undefined
      heap.zero(control, controlBytes)
      if (threads > 1) others = await startThreads?.(threads - 1, module, control)
    },
  }
}
