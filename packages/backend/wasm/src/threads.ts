import { argumentsAt, marks, messageAt, messageBytes, slots } from './control-block.ts'
import { KernelError, ThreadError } from './errors.ts'

/** Other threads on the same memory; `start` returns at once, `finish` when all have done their part. */
export type Threads = {
  readonly size: number
  /** Hands out a routine, by its index in the list of names. */
  readonly start: (routine: number) => void
  /**
   * @throws KernelError if the routine failed on a thread
   * @throws ThreadError if a thread ended before its part was done; those that live have done theirs
   */
  readonly finish: () => void
  /** Ends the threads; resolves to whether they no longer read the control block. */
  readonly stop: () => Promise<boolean>
}

/** What threads run on: our module on the heap of tfjs, told by the control block at `control`. */
export type ThreadsOptions = {
  readonly size: number
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly control: number
  /** Names of the exported routines; a command is an index of this list. */
  readonly routines: readonly string[]
}

/** What one thread is given. */
export type WorkerData = Omit<ThreadsOptions, 'size'> & {
  readonly index: number
  readonly threads: number
  readonly layout: object
}

// Spins before sleeping: waking a sleeping thread costs more than most routines take.
const workerSpins = 20_000
const ownSpins = 200_000
// How long a thread is waited for before it is looked after.
const patience = 200

/** The data of worker `index` (1 and up). */
export const workerData = ({ size, ...shared }: ThreadsOptions, index: number): WorkerData => ({
  ...shared,
  index,
  threads: size + 1,
  layout: { slots, marks, argumentsAt, messageAt, messageBytes, spins: workerSpins },
})

/**
 * What a worker runs, as plain text: a function of its `WorkerData` that ends when told to. Text needs no file to be
 * found at run time, from sources, from dist or from a bundle, and no minifier can cut it off from what it uses.
 */
export const workerLoop = `({ module, memory, control, index, threads, routines, layout }) => {
  const { slots, marks, argumentsAt, messageAt, messageBytes, spins } = layout
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports
  const run = routines.map((name) => exports[name])
  const state = new Int32Array(memory.buffer, control, argumentsAt / 4)
  const finish = (generation) => {
    Atomics.store(state, slots.finished + index, generation)
    Atomics.notify(state, slots.finished + index)
  }
  const fail = (error) => {
    if (Atomics.compareExchange(state, slots.failed, 0, index) !== 0) return
    const bytes = new TextEncoder().encode(String(error && error.message || error)).slice(0, messageBytes)
    new Uint8Array(memory.buffer).set(bytes, control + messageAt)
    Atomics.store(state, slots.messageLength, bytes.length)
  }
  finish(0)
  for (let seen = 0; ;) {
    for (let i = 0; Atomics.load(state, slots.generation) === seen; i++)
      if (i >= spins) Atomics.wait(state, slots.generation, seen)
    seen = Atomics.load(state, slots.generation)
    if (seen === marks.stop) return finish(marks.stopped)
    try {
      run[state[slots.routine]](control + argumentsAt, index, threads)
    } catch (error) {
      fail(error)
    }
    finish(seen)
  }
}`

const stateOf = ({ memory, control }: ThreadsOptions): Int32Array =>
  new Int32Array(memory.buffer, control, argumentsAt / 4)

const eachIs = (state: Int32Array, size: number, mark: number): boolean =>
  Array.from({ length: size }, (_, i) => Atomics.load(state, slots.finished + i + 1)).every((seen) => seen === mark)

const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

/** Makes the control block ready for threads that start. */
export const clearControl = (options: ThreadsOptions): void => {
  const state = stateOf(options)
  state.fill(0)
  state.fill(marks.absent, slots.finished)
}

/** Resolves when all threads stand ready; rejects with the first error that `failure` shows, or after half a minute. */
export const allReady = async (options: ThreadsOptions, failure: () => unknown): Promise<void> => {
  const state = stateOf(options)
  const last = Date.now() + 30_000
  while (!eachIs(state, options.size, 0)) {
    if (failure() !== undefined) throw failure()
    if (Date.now() > last) throw new Error('the threads did not start within 30 seconds')
    await aMoment()
  }
}

/**
 * Commands threads that run `workerLoop`.
 *
 * @param ended the reason if thread `index` no longer runs; it is asked while the calling thread waits, so it cannot
 * wait for an event
 * @param maySleep false on the main thread of a page, which must not wait for a lock
 * @param terminate ends the threads, and resolves when they are gone as far as that can be known
 */
export const commandThreads = (
  options: ThreadsOptions,
  {
    ended,
    maySleep,
    terminate,
  }: {
    readonly ended: (index: number) => string | undefined
    readonly maySleep: boolean
    readonly terminate: () => Promise<boolean>
  },
): Threads => {
  const { size, routines, memory, control } = options
  const state = stateOf(options)
  let generation = 0
  const finishedBy = (index: number): boolean => Atomics.load(state, slots.finished + index) === generation

  // The thread's end as an error, or undefined once it has done its part.
  const waitFor = (index: number): ThreadError | undefined => {
    for (let spins = 0; !finishedBy(index); spins++) {
      if (spins < ownSpins) continue
      if (maySleep) {
        const seen = Atomics.load(state, slots.finished + index)
        if (seen === generation || Atomics.wait(state, slots.finished + index, seen, patience) !== 'timed-out') continue
      } else spins = 0
      const reason = ended(index)
      if (reason !== undefined && !finishedBy(index)) return new ThreadError(index, reason)
    }
    return undefined
  }
  const failure = (): KernelError | undefined => {
    const thread = Atomics.exchange(state, slots.failed, 0)
    if (thread === 0) return undefined
    const length = Atomics.load(state, slots.messageLength)
    const message = new TextDecoder().decode(
      new Uint8Array(memory.buffer).slice(control + messageAt, control + messageAt + length),
    )
    return new KernelError({ kernel: routines[state[slots.routine]!]!, thread }, new Error(message))
  }

  return {
    size,
    start: (routine) => {
      state[slots.routine] = routine
      generation = (generation + 1) & 0x3fff_ffff
      Atomics.store(state, slots.generation, generation)
      Atomics.notify(state, slots.generation)
    },
    finish: () => {
      let error: Error | undefined
      for (let index = 1; index <= size; index++) error = waitFor(index) ?? error
      error = failure() ?? error
      if (error !== undefined) throw error
    },
    stop: async () => {
      Atomics.store(state, slots.generation, marks.stop)
      Atomics.notify(state, slots.generation)
      for (let waited = 0; waited < 200 && !eachIs(state, size, marks.stopped); waited++) await aMoment()
      const stopped = eachIs(state, size, marks.stopped)
      return (await terminate()) || stopped
    },
  }
}
