import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { CompiledRoutines } from './binary.ts'
import { argumentsAt, controlBytes } from './control-block.ts'
import { KernelError, ThreadError } from './errors.ts'
import { type Heap, openHeap } from './heap.ts'
import { type Keep, keepBeside } from './kept.ts'
import { type Arguments, type RoutineName, routineNames, type Routines, writeArguments } from './routines.ts'
import type { TfjsModule } from './tfjs-module.ts'
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
  /**
   * Runs a routine in so many pieces, by default those of its `work` (about the number of float operations). Threads
   * take them as they come free, so neither the result nor a place in scratch memory may depend on which thread has
   * which.
   */
  readonly run: <N extends RoutineName>(routine: N, args: Arguments<N>, work: number, pieces?: number) => void
  /** In how many pieces work is dealt to the threads; `most` is how many are still worked out well. */
  readonly dealt: (work: number, most?: number) => number
  readonly address: (tensor: TensorInfo) => number
  /** A new float32 tensor. */
  readonly output: (shape: readonly number[]) => TensorInfo
  readonly dispose: (tensor: TensorInfo) => void
  readonly keep: Keep
  /** Changes the most that the heap may grow to. */
  readonly limitHeap: (bytes: number) => void
  /** Changes the number of threads that work at once; rejects if they do not start, and then there is one. */
  readonly setThreads: (threads: number) => Promise<void>
}

// Float operations of a piece, at least; less is not worth a second thread.
const leastWork = 30_000
// Pieces for each thread, at most: each costs a call, and a thread that is held up keeps one.
const mostPieces = 4

// The share of the largest heap for filters that are packed or transformed.
const keptShare = 1 / 4

/** Loads the routines onto the heap of a tfjs WASM backend. */
export const openDevice = ({ backend, memory, module, relaxed, abreast, startThreads }: WasmHost): Device => {
  const routines = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Routines
  const heap = openHeap(backend, memory)
  const tfjs = backend.wasm as unknown as TfjsModule
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

  const dealt: Device['dealt'] = (work, most = Infinity) => {
    const threads = 1 + (others?.size ?? 0)
    if (threads === 1 || work < leastWork) return 1
    // The same number for each thread: with one less a thread would wait where all are equally fast.
    const each = Math.floor(Math.min(work / leastWork, most) / threads)
    return threads * Math.max(1, Math.min(mostPieces, each))
  }

  return {
    backend,
    dealt,
    get threads(): number {
      return 1 + (others?.size ?? 0)
    },
    relaxed,
    abreast,
    run: (routine, args, work, pieces = dealt(work)) => {
      if (broken !== undefined) throw broken
      writeArguments(heap.views(), (control + argumentsAt) >>> 2, routine, args)
      const count = others === undefined || work < leastWork ? 1 : pieces
      const own = (piece: number): void => {
        try {
          routines[routine](control + argumentsAt, piece, count, 0)
        } catch (error) {
          throw new KernelError({ kernel: routine }, error)
        }
      }
      try {
        if (others === undefined || count === 1) own(0)
        else others.run(routineNames.indexOf(routine), count, own)
      } catch (error) {
        if (error instanceof KernelError) broken = error
        if (error instanceof ThreadError) stopThreads()
        throw error
      }
    },
    address: (tensor) => backend.getMemoryOffset(tensor.dataId as object),
    output: (shape) => backend.makeOutput([...shape], 'float32'),
    dispose: (tensor) => void backend.disposeData(tensor.dataId as object),
    scratch: heap.scratch,
    ints: heap.ints,
    floats: heap.floats,
    zero: heap.zero,
    keep: keepBeside(backend, heap, () => keptShare * tfjs.limitBytes),
    limitHeap: (bytes) => {
      tfjs.limitBytes = bytes
    },
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
