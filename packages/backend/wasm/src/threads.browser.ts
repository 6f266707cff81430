import { allReady, clearControl, commandThreads, workerData, workerLoop } from './threads.ts'
import type { Threads, ThreadsOptions } from './threads.ts'

// A page's main thread has a window; only workers may sleep on a lock.
const maySleep = (): boolean => typeof window === 'undefined'

/** Starts web workers; rejects where the page's policy forbids them. */
export const startThreads = async (options: ThreadsOptions): Promise<Threads> => {
  clearControl(options)
  const program = `onmessage = ({ data }) => (${workerLoop})(data)`
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }))
  const workers: Worker[] = []
  let failure: unknown
  const terminate = async (): Promise<boolean> => {
    for (const worker of workers) worker.terminate()
    // A worker that does not answer may still run for a moment.
    return false
  }
  try {
    for (let index = 1; index <= options.size; index++) {
      const worker = new Worker(url)
      workers.push(worker)
      worker.onerror = (event) => (failure = new Error(event.message || 'the page may not start workers'))
      worker.postMessage(workerData(options, index))
    }
    await allReady(options, () => failure)
  } catch (error) {
    await terminate()
    throw error
  } finally {
    URL.revokeObjectURL(url)
  }
  // Only this page ends its workers.
  return commandThreads(options, { ended: () => undefined, maySleep: maySleep(), terminate })
}
