import { argumentsAt } from './device.ts'
import type { Threads } from './device.ts'
import { routineNames } from './routines.ts'

// Spins before sleeping: waking a sleeping thread costs more than most kernels take.
const workerSpins = 20_000
const ownSpins = 200_000

/** What a worker is told once: how to run routines, and where its commands come. */
export type Orders = {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly control: number
  readonly index: number
  readonly threads: number
  readonly routineNames: readonly string[]
  readonly argumentsAt: number
  readonly spins: number
}

/** The orders of worker `index` (1 and up) of a crew of `size`. */
export const ordersFor = (
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  control: number,
  index: number,
  size: number,
): Orders => ({
  module,
  memory,
  control,
  index,
  threads: size + 1,
  routineNames,
  argumentsAt,
  spins: workerSpins,
})

/**
 * What a worker runs, as plain text: a function of its `Orders` that ends when told to. Text needs no file to be found at run time, from
 * sources, from dist or from a bundle, and no minifier can cut it off from what it uses.
 */
export const workerLoop = `({ module, memory, control, index, threads, routineNames, argumentsAt, spins }) => {
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports
  const run = routineNames.map((name) => kernels[name])
  const state = new Int32Array(memory.buffer, control, 4)
  Atomics.add(state, 1, 1)
  for (let seen = 0; ;) {
    for (let i = 0; Atomics.load(state, 0) === seen; i++) if (i >= spins) Atomics.wait(state, 0, seen)
    seen = Atomics.load(state, 0)
    if (seen < 0) return
    try {
      run[state[2]](control + argumentsAt, index, threads)
    } catch {
      Atomics.store(state, 3, 1)
    }
    Atomics.add(state, 1, 1)
    Atomics.notify(state, 1)
  }
}`

/** Resolves when all `size` workers stand ready; rejects with the first error that `failure` shows. */
export const allReady = async (
  memory: WebAssembly.Memory,
  control: number,
  size: number,
  failure: () => unknown,
): Promise<void> => {
  const state = new Int32Array(memory.buffer, control, 4)
  while (Atomics.load(state, 1) < size) {
    if (failure() !== undefined) throw failure()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Commands workers that run `workerLoop`; `maySleep` is false on the main thread of a page, which must not wait for a lock. */
export const commandCrew = (
  memory: WebAssembly.Memory,
  control: number,
  { size, maySleep, terminate }: { readonly size: number; readonly maySleep: boolean; readonly terminate: () => void },
): Threads => {
  const state = new Int32Array(memory.buffer, control, 4)
  let generation = 0
  return {
    size,
    start: (routine) => {
      state[2] = routineNames.indexOf(routine)
      Atomics.store(state, 1, 0)
      generation = (generation + 1) & 0x3fff_ffff
      Atomics.store(state, 0, generation)
      Atomics.notify(state, 0)
    },
    finish: () => {
      for (let i = 0, done = 0; (done = Atomics.load(state, 1)) < size; i++)
        if (maySleep && i >= ownSpins) Atomics.wait(state, 1, done, 1000)
      if (Atomics.exchange(state, 3, 0) !== 0)
        throw new Error('a WASM kernel failed on another thread: the heap may be damaged')
    },
    dispose: () => {
      Atomics.store(state, 0, -1)
      Atomics.notify(state, 0)
      terminate()
    },
  }
}
