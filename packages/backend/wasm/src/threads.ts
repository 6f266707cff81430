import { argumentsAt, marks, messageAt, messageBytes, slots } from './control-block.ts'
import { KernelError, ThreadError } from './errors.ts'

/** Other threads on the same memory, which work pieces of routines out with the calling one. */
export type Threads = {
  readonly size: number
  /**
   * Runs a routine, given by its index in the list of names. Its pieces are taken one by one, by whatever thread is
   * free: a thread that the system holds up has one piece at most, and one that does not wake has none. `own` works a
   * piece out on the calling thread.
   *
   * @throws KernelError if the routine failed on a thread
   * @throws ThreadError if a thread ended; those that live have finished what they had
   */
  readonly run: (routine: number, pieces: number, own: (piece: number) => void) => void
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
  readonly layout: object
}

// Milliseconds that a thread looks for work before it sleeps: waking it takes 0.07 or more, as long as a small routine.
const spin = 0.3
// Milliseconds that a thread is waited for before it is looked after, and between two looks at threads that work.
const patience = 200
// A thread whose piece takes so many milliseconds longer than one of the calling thread was held up by the system,
// which gave its core to another program. It rests then, so that not each routine waits for it: from `least`
// milliseconds to `most`, twice as long if it is held up again soon.
const rest = { heldUp: 1, least: 10, most: 500 }

/** The data of worker `index` (1 and up). */
export const workerData = ({ module, memory, control, routines }: ThreadsOptions, index: number): WorkerData => ({
  module,
  memory,
  control,
  routines,
  index,
  layout: { slots, marks, argumentsAt, messageAt, messageBytes, spin },
})

/**
 * What a worker runs, as plain text: a function of its `WorkerData` that ends when told to. Text needs no file to be
 * found at run time, from sources, from dist or from a bundle, and no minifier can cut it off from what it uses.
 */
export const workerLoop = `({ module, memory, control, index, routines, layout }) => {
  const { slots, marks, argumentsAt, messageAt, messageBytes, spin } = layout
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports
  const run = routines.map((name) => exports[name])
  const state = new Int32Array(memory.buffer, control, argumentsAt / 4)
  const now = (mark) => void Atomics.store(state, slots.doing + index, mark)
  const fail = (error) => {
    if (Atomics.compareExchange(state, slots.failed, 0, index) !== 0) return
    const bytes = new TextEncoder().encode(String(error && error.message || error)).slice(0, messageBytes)
    new Uint8Array(memory.buffer).set(bytes, control + messageAt)
    Atomics.store(state, slots.messageLength, bytes.length)
  }
  for (;;) {
    let left = Atomics.load(state, slots.left)
    if (left === 0) now(marks.idle)
    for (let start = performance.now(); left === 0; left = Atomics.load(state, slots.left))
      if (performance.now() - start > spin) {
        Atomics.wait(state, slots.left, 0)
        start = performance.now()
      }
    if (left === marks.stop) return now(marks.stopped)
    if (Atomics.load(state, slots.resting + index) === 1) {
      now(marks.idle)
      Atomics.wait(state, slots.resting + index, 1)
      continue
    }
    now(marks.busy)
    if (Atomics.compareExchange(state, slots.left, left, left - 1) !== left) continue
    // Whoever has a piece may rely on the rest of the block: the calling thread waits for it.
    const pieces = state[slots.pieces]
    try {
      run[state[slots.routine]](control + argumentsAt, pieces - left, pieces, index)
    } catch (error) {
      fail(error)
    }
    if (Atomics.add(state, slots.done, 1) + 1 === pieces) Atomics.notify(state, slots.done)
  }
}`

const stateOf = ({ memory, control }: ThreadsOptions): Int32Array =>
  new Int32Array(memory.buffer, control, argumentsAt / 4)

const eachIs = (state: Int32Array, size: number, mark: number): boolean =>
  Array.from({ length: size }, (_, i) => Atomics.load(state, slots.doing + i + 1)).every((doing) => doing === mark)

const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

/** Makes the control block ready for threads that start. */
export const clearControl = (options: ThreadsOptions): void => {
  const state = stateOf(options)
  state.fill(0)
  state.fill(marks.absent, slots.doing, slots.resting)
}

/** Resolves when all threads stand ready; rejects with the first error that `failure` shows, or after half a minute. */
export const allReady = async (options: ThreadsOptions, failure: () => unknown): Promise<void> => {
  const state = stateOf(options)
  const last = Date.now() + 30_000
  while (!eachIs(state, options.size, marks.idle)) {
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
  let looked = performance.now()
  const rests = Array.from({ length: size + 1 }, () => ({ until: -Infinity, pause: rest.least }))
  let resting = 0

  // The first thread that has ended, as an error.
  const lost = (): ThreadError | undefined => {
    looked = performance.now()
    for (let index = 1; index <= size; index++) {
      const reason = ended(index)
      if (reason !== undefined) return new ThreadError(index, reason)
    }
    return undefined
  }
  const take = (pieces: number): number | undefined => {
    for (;;) {
      const left = Atomics.load(state, slots.left)
      if (left === 0) return undefined
      if (Atomics.compareExchange(state, slots.left, left, left - 1) === left) return pieces - left
    }
  }
  // Waits while the slot is `seen`, `most` milliseconds at most.
  const whileIs = (slot: number, seen: number, most: number): void => {
    const start = performance.now()
    const looks = maySleep ? Math.min(spin, most) : most
    while (Atomics.load(state, slot) === seen && performance.now() - start < looks);
    if (maySleep) Atomics.wait(state, slot, seen, most)
  }
  const isBusy = (index: number): boolean => Atomics.load(state, slots.doing + index) === marks.busy
  const isResting = (index: number): boolean => Atomics.load(state, slots.resting + index) === 1
  const sendToRest = (index: number): void => {
    const [own, now] = [rests[index]!, performance.now()]
    if (!isResting(index)) resting++
    own.pause = now - own.until < 4 * own.pause ? Math.min(rest.most, 2 * own.pause) : rest.least
    own.until = now + own.pause
    Atomics.store(state, slots.resting + index, 1)
  }
  const wake = (index: number): void => {
    Atomics.store(state, slots.resting + index, 0)
    Atomics.notify(state, slots.resting + index)
  }
  const wakeRested = (now: number): void => {
    for (const [index, { until }] of rests.entries())
      if (until <= now && isResting(index)) {
        resting--
        wake(index)
      }
  }
  // Until all pieces are worked out, of which one should take `expected` milliseconds; an error if a thread ends
  // before.
  const whole = (pieces: number, expected: number): ThreadError | undefined => {
    for (let most = expected + rest.heldUp; ; most = patience) {
      const done = Atomics.load(state, slots.done)
      if (done === pieces) return undefined
      whileIs(slots.done, done, most)
      if (Atomics.load(state, slots.done) === pieces) return undefined
      if (most < patience) for (let index = 1; index <= size; index++) if (isBusy(index)) sendToRest(index)
      const error = performance.now() - looked < patience ? undefined : lost()
      // What the thread that ended had done before counts.
      if (error !== undefined && Atomics.load(state, slots.done) !== pieces) return error
    }
  }
  // Until no living thread has a piece.
  const settle = (): void => {
    Atomics.store(state, slots.left, 0)
    for (let index = 1; index <= size; index++)
      while (isBusy(index) && ended(index) === undefined) whileIs(slots.doing + index, marks.busy, 10)
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
    run: (routine, pieces, own) => {
      const start = performance.now()
      const gone = start - looked < patience ? undefined : lost()
      if (gone !== undefined) throw gone
      if (resting > 0) wakeRested(start)
      state[slots.routine] = routine
      state[slots.pieces] = pieces
      Atomics.store(state, slots.done, 0)
      Atomics.store(state, slots.left, pieces)
      Atomics.notify(state, slots.left)
      let error: unknown
      let counted = 0
      try {
        for (let piece = take(pieces); piece !== undefined; piece = take(pieces)) {
          counted++
          own(piece)
        }
      } catch (thrown) {
        error = thrown
        // The others need not begin what is left.
        counted += Atomics.exchange(state, slots.left, 0)
      }
      Atomics.add(state, slots.done, counted)
      const early = whole(pieces, (performance.now() - start) / Math.max(1, counted))
      if (early !== undefined) settle()
      error ??= failure() ?? early
      if (error !== undefined) throw error
    },
    stop: async () => {
      Atomics.store(state, slots.left, marks.stop)
      Atomics.notify(state, slots.left)
      for (let index = 1; index <= size; index++) wake(index)
      for (let waited = 0; waited < 200 && !eachIs(state, size, marks.stopped); waited++) await aMoment()
      const stopped = eachIs(state, size, marks.stopped)
      return (await terminate()) || stopped
    },
  }
}
