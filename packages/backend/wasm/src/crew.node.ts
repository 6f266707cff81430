import { Worker } from 'node:worker_threads'
import { argumentsAt, operations } from './device.ts'
import type { Crew } from './device.ts'

// Spins before sleeping: waking a sleeping thread costs more than most kernels take.
const workerSpins = 20_000
const ownSpins = 200_000

// Plain text, so that no file has to be found at run time, from sources, from dist or from a bundle.
const program = `
const { workerData: { module, memory, control, index, threads, operations, argumentsAt, spins } } = require('node:worker_threads')
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports
const run = operations.map((name) => kernels[name])
const state = new Int32Array(memory.buffer, control, 4)
let seen = 0
for (;;) {
  for (let i = 0; Atomics.load(state, 0) === seen; i++) if (i >= spins) Atomics.wait(state, 0, seen)
  seen = Atomics.load(state, 0)
  if (seen < 0) break
  try {
    run[state[2]](control + argumentsAt, index, threads)
  } catch {
    Atomics.store(state, 3, 1)
  }
  Atomics.add(state, 1, 1)
  Atomics.notify(state, 1)
}
`

/** Starts `size` worker threads that run the kernels of `module` on `memory`, told by the control block at `control`. */
export const startCrew = async (size: number, module: WebAssembly.Module, memory: WebAssembly.Memory, control: number): Promise<Crew> => {
  const state = new Int32Array(memory.buffer, control, 4)
  const workers = Array.from({ length: size }, (_, i) => {
    const workerData = { module, memory, control, index: i + 1, threads: size + 1, operations, argumentsAt, spins: workerSpins }
    const worker = new Worker(program, { eval: true, workerData, stdin: false })
    return worker
  })
  await Promise.all(
    workers.map((worker) => new Promise<void>((resolve, reject) => worker.once('online', resolve).once('error', reject))),
  )
  // A sleeping thread must not keep the process alive.
  for (const worker of workers) worker.unref()
  let generation = 0
  return {
    size,
    start: (operation) => {
      state[2] = operations.indexOf(operation)
      Atomics.store(state, 1, 0)
      generation = (generation + 1) & 0x3fff_ffff
      Atomics.store(state, 0, generation)
      Atomics.notify(state, 0)
    },
    finish: () => {
      for (let i = 0, done = 0; (done = Atomics.load(state, 1)) < size; i++) if (i >= ownSpins) Atomics.wait(state, 1, done, 1000)
      if (Atomics.exchange(state, 3, 0) !== 0) throw new Error('a WASM kernel failed on another thread: the heap may be damaged')
    },
    dispose: () => {
      Atomics.store(state, 0, -1)
      Atomics.notify(state, 0)
      for (const worker of workers) void worker.terminate()
    },
  }
}
