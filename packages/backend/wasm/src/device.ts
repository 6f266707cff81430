import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { CompiledRoutines } from './binary.ts'
import { argumentsAt, controlBytes } from './control-block.ts'
import { KernelError, ThreadError } from './errors.ts'
import { type Heap, openHeap } from './heap.ts'
import { type Keep, keepBeside } from './kept.ts'
import { type Arguments, type RoutineName, routineNames, type Routines, writeArguments } from './routines.ts'
import { mostHeapBytes } from './tfjs-module.ts'
import type { Threads, ThreadsOptions } from './threads.ts'

/** What the routines run on: the tfjs backend, its memory, and threads if it has any. */
export type WasmHost = CompiledRoutines & {
  readonly backend: BackendWasm
  readonly memory: WebAssembly.Memory
  /** Panels of output channels worked out at once: 2 where the engine joins two vectors of 128 bits. */
  readonly abreast: 1 | 2
  /** Left out where memory cannot be shared. */
  readonly startThreads?: (options: ThreadsOptions) => Promise<Threads>
}

/** The routines on the heap of the tfjs backend, with what their callers need. */
export type Device = Pick<Heap, 'scratch' | 'ints' | 'floats' | 'zero'> & {
  readonly backend: BackendWasm
  readonly threads: number
  /** Whether the engine has relaxed SIMD and the routines multiply and add in one instruction. */
  readonly relaxed: boolean
  /** Panels of output channels that the routines work out at once. */
  readonly abreast: 1 | 2
  /** Runs a routine; `work` (about the number of float operations) decides whether threads pay. */
  readonly run: <N extends RoutineName>(routine: N, args: Arguments<N>, work: number) => void
  readonly address: (tensor: TensorInfo) => number
  /** A new float32 tensor. */
  readonly output: (shape: readonly number[]) => TensorInfo
  readonly dispose: (tensor: TensorInfo) => void
  readonly keep: Keep
  /** Changes the number of threads that work at once; rejects if they do not start, and then there is one. */
  readonly setThreads: (threads: number) => Promise<void>
}

const threadsPayFrom = 30_000

// A quarter of the largest heap, for filters that are packed or transformed.
const keptRoom = mostHeapBytes / 4

/** Loads the routines onto the heap of a tfjs WASM backend. */
export const openDevice = ({ backend, memory, module, relaxed, abreast, startThreads }: WasmHost): Device => {
  const routines = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Routines
  const heap = openHeap(backend, memory)
  let control = heap.allocate(controlBytes)
  let others: Threads | undefined
  // Whether threads that were told to end no longer read their control block.
  let stopped: Promise<boolean> = Promise.resolve(true)
  const stopThreads = (): void => {
    if (others !== undefined) stopped = others.stop()
    others = undefined
  }
  // After a routine has failed the heap may be damaged, so nothing more is computed on it.
  let broken: KernelError | undefined
  const dispose = backend.dispose.bind(backend)
  backend.dispose = () => {
    stopThreads()
    dispose()
  }

  return {
    backend,
    get threads(): number {
      return 1 + (others?.size ?? 0)
    },
    relaxed,
    abreast,
    run: (routine, args, work) => {
      if (broken !== undefined) throw broken
      writeArguments(heap.views(), (control + argumentsAt) >>> 2, routine, args)
      const threads = work < threadsPayFrom ? undefined : others
      threads?.start(routineNames.indexOf(routine))
      let failure: unknown
      try {
        routines[routine](control + argumentsAt, 0, 1 + (threads?.size ?? 0))
      } catch (error) {
        failure = new KernelError({ kernel: routine }, error)
      }
      try {
        // The other threads must not go on when the caller does.
        threads?.finish()
      } catch (error) {
        failure ??= error
      }
      if (failure instanceof KernelError) broken = failure
      if (failure instanceof ThreadError) stopThreads()
      if (failure !== undefined) throw failure
    },
    address: (tensor) => backend.getMemoryOffset(tensor.dataId as object),
    output: (shape) => backend.makeOutput([...shape], 'float32'),
    dispose: (tensor) => void backend.disposeData(tensor.dataId as object),
    scratch: heap.scratch,
    ints: heap.ints,
    floats: heap.floats,
    zero: heap.zero,
    keep: keepBeside(backend, heap, keptRoom),
    setThreads: async (threads) => {
      if (threads === 1 + (others?.size ?? 0)) return
      stopThreads()
      const former = control
      const free = await stopped
      control = heap.allocate(controlBytes)
      if (free) heap.free(former)
      if (threads > 1)
        others = await startThreads?.({ size: threads - 1, module, memory, control, routines: routineNames })
    },
  }
}
