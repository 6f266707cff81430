import { allReady, commandCrew, ordersFor, workerLoop } from './crew.ts'
import type { Threads } from './device.ts'

// A page's main thread has a window; only workers may sleep on a lock.
const maySleep = (): boolean => typeof window === 'undefined'

/** Starts `size` web workers that run the kernels of `module` on `memory`, or none where the page's policy forbids them. */
export const startCrew = async (
  size: number,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  control: number,
): Promise<Threads | undefined> => {
  const program = `onmessage = ({ data }) => (${workerLoop})(data)`
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }))
  const workers: Worker[] = []
  let failure: unknown
  const terminate = (): void => workers.forEach((worker) => worker.terminate())
  try {
    for (let index = 1; index <= size; index++) {
      const worker = new Worker(url)
      workers.push(worker)
      worker.onerror = (event) => (failure = event)
      worker.postMessage(ordersFor(module, memory, control, index, size))
    }
    await allReady(memory, control, size, () => failure)
    return commandCrew(memory, control, { size, maySleep: maySleep(), terminate })
  } catch {
    terminate()
    return undefined
  } finally {
    URL.revokeObjectURL(url)
  }
}
