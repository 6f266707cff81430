import { commandCrew, ordersFor, workerLoop } from './crew.ts'
import type { Crew } from './device.ts'

// A page's main thread has a window; only workers may sleep on a lock.
const maySleep = (): boolean => typeof window === 'undefined'

/** Starts `size` web workers that run the kernels of `module` on `memory`, or none where the page's policy forbids them. */
export const startCrew = async (size: number, module: WebAssembly.Module, memory: WebAssembly.Memory, control: number): Promise<Crew | undefined> => {
  const program = `onmessage = ({ data }) => { postMessage('ready'); (${workerLoop})(data) }`
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }))
  const workers: Worker[] = []
  const terminate = (): void => workers.forEach((worker) => worker.terminate())
  try {
    await Promise.all(
      Array.from({ length: size }, (_, i) => {
        const worker = new Worker(url)
        workers.push(worker)
        return new Promise((resolve, reject) => {
          worker.onmessage = resolve
          worker.onerror = reject
          worker.postMessage(ordersFor(module, memory, control, i + 1, size))
        })
      }),
    )
    return commandCrew(memory, control, { size, maySleep: maySleep(), terminate })
  } catch {
    terminate()
    return undefined
  } finally {
    URL.revokeObjectURL(url)
  }
}
