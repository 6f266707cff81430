import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { allReady, clearControl, commandThreads, workerData, workerLoop } from './threads.ts'
import type { Threads, ThreadsOptions } from './threads.ts'

/** Starts worker threads; rejects where the process may not (`node --permission` without `--allow-worker`). */
export const startThreads = async (options: ThreadsOptions): Promise<Threads> => {
  clearControl(options)
  const workers: Worker[] = []
  const ends: (string | undefined)[] = []
  let failure: unknown
  const terminate = async (): Promise<boolean> => {
    await Promise.all(workers.map((worker) => worker.terminate()))
    return true
  }
  try {
    for (let index = 1; index <= options.size; index++) {
      const worker = new Worker(`(${workerLoop})(require('node:worker_threads').workerData)`, {
        eval: true,
        stdin: false,
        workerData: workerData(options, index),
      })
      workers.push(worker)
      worker.on('error', (error) => {
        failure ??= error
        ends[index] = error.message
      })
      worker.once('exit', (code) => (ends[index] ??= `it ended with code ${code}`))
    }
    await allReady(options, () => failure ?? ends.find((end) => end !== undefined))
    // The first answer of a thread is kept for all later ones, so it is asked for while the thread lives.
    while (!workers.every((worker) => worker.performance.eventLoopUtilization().active > 0)) await setTimeout(1)
  } catch (error) {
    await terminate()
    throw error
  }
  // A sleeping thread must not keep the process alive.
  for (const worker of workers) worker.unref()
  // Events do not arrive while this thread waits. The statistics of a thread that has ended say so at once: idle is -1.
  const gone = (index: number): boolean => workers[index - 1]!.performance.eventLoopUtilization().idle < 0
  return commandThreads(options, {
    ended: (index) => ends[index] ?? (gone(index) ? 'it was terminated' : undefined),
    maySleep: true,
    terminate,
  })
}
