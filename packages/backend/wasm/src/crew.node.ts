import { Worker } from 'node:worker_threads'
import { allReady, commandCrew, ordersFor, workerLoop } from './crew.ts'
import type { Threads } from './device.ts'

/** Starts `size` worker threads that run the kernels of `module` on `memory`, told by the control block at `control`. */
export const startCrew = async (
  size: number,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  control: number,
): Promise<Threads> => {
  const workers = Array.from(
    { length: size },
    (_, i) =>
      new Worker(`(${workerLoop})(require('node:worker_threads').workerData)`, {
        eval: true,
        stdin: false,
        workerData: ordersFor(module, memory, control, i + 1, size),
      }),
  )
  let failure: unknown
  for (const worker of workers) worker.once('error', (error) => (failure = error))
  await allReady(memory, control, size, () => failure)
  // A sleeping thread must not keep the process alive.
  for (const worker of workers) worker.unref()
  return commandCrew(memory, control, {
    size,
    maySleep: true,
    terminate: () => workers.forEach((worker) => void worker.terminate()),
  })
}
