import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { either as E, type taskEither as TE } from 'fp-ts'
import { readBytes } from './read-bytes.ts'
import { type ReadError, readView, type Task } from './view.ts'
import type { Answer, Request } from './worker.ts'

/** Reads pictures, at most so many at once; `close` ends its threads, which write into shared memory alone. */
export type Readers = {
  readonly read: (task: Task) => TE.TaskEither<ReadError, Float32Array>
  /** How many threads there are; 0 where this one does all. */
  readonly threads: number
  readonly close: () => Promise<void>
}

/** Pictures that a thread has at once: one that is decoded while the next one is read. */
const atOnce = 2

type Waiting = { readonly task: Task; readonly answer: (answer: Answer) => void }

/** A queue that `run` works off, at most `most` at once. */
const queued = <A, B>(most: number, run: (item: A) => Promise<B>): ((item: A) => Promise<B>) => {
  const waiting: (() => void)[] = []
  let running = 0
  return async (item) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    running++
    try {
      return await run(item)
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}

/** A copy of what is not shared would be sent with the task. */
const isShared = (numbers: Float32Array | undefined): boolean => numbers?.buffer instanceof SharedArrayBuffer

type Thread = { readonly worker: Worker; readonly pending: Map<number, Waiting>; ended: boolean }

const ended = 'its worker thread ended; start again with fewer threads'

const startThread = (): Thread => {
  // The flags of this process may lead to sources, and the worker is what was built.
  const thread: Thread = { worker: new Worker(workerFile, { execArgv: [] }), pending: new Map(), ended: false }
  const settle = (answer: Answer): void => {
    const waiting = thread.pending.get(answer.id)
    thread.pending.delete(answer.id)
    waiting?.answer(answer)
  }
  const end = (message: string): void => {
    thread.ended = true
    for (const id of [...thread.pending.keys()]) settle({ id, fault: message })
  }
  thread.worker.on('message', settle)
  thread.worker.on('error', ({ message }) => end(`${message}; ${ended}`))
  thread.worker.on('exit', () => end(ended))
  // A thread that waits must not keep the process alive.
  thread.worker.unref()
  return thread
}

/** Beside this module where it was built; not there where the sources are run, which a worker cannot load. */
const workerFile = new URL('./worker.js', import.meta.url)

/**
 * Starts threads that read, decode and prepare pictures. Each has two at once, so that one is read from the disk while
 * another is decoded; more wait in the order in which they were asked for.
 *
 * @param threads how many, a whole number from 0; with 0 this thread does the work, as it does where the package is run
 * from its sources
 * @returns the readers; a file that cannot be read or decoded is an error value, a wrong option of a view is thrown
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { startReaders } from '@resfn/image-loader'
 *
 * const readers = startReaders(0)
 * const preprocessing = { size: [8, 8], channels: 3, mean: [0, 0, 0], std: [1, 1, 1], interpolation: 'bicubic', cropFraction: 1, cropMode: 'center' } as const
 * const found = await readers.read({ path: 'no/such/photo.jpg', view: { preprocessing } })()
 * assert.ok(found._tag === 'Left' && found.left.message === 'there is no such file')
 * await readers.close()
 * ```
 */
export const startReaders = (threads: number): Readers => {
  if (!Number.isInteger(threads) || threads < 0)
    throw new RangeError(`startReaders: the number of threads must be a whole number from 0, not ${threads}`)
  if (threads === 0 || !existsSync(workerFile)) {
    const here = queued(atOnce, (task: Task) => readView(readBytes)(task)())
    return { read: (task) => () => here(task), threads: 0, close: async () => undefined }
  }
  const crew = Array.from({ length: threads }, startThread)
  let ids = 0
  const send = queued(threads * atOnce, async ({ into, ...task }: Task) => {
    const free = crew.filter((thread) => !thread.ended).sort((a, b) => a.pending.size - b.pending.size)[0]
    if (free === undefined) throw new Error(`${task.path}: ${ended}`)
    const id = ids++
    return new Promise<Answer>((answer) => {
      free.pending.set(id, { task, answer })
      const request: Request = { id, ...task, into: isShared(into) ? into : undefined }
      // It is needed while it works.
      free.worker.ref()
      free.worker.postMessage(request)
    }).finally(() => {
      if (free.pending.size === 0) free.worker.unref()
    })
  })
  return {
    read: (task) => async () => {
      const answer = await send(task)
      if ('fault' in answer) throw new Error(`${task.path}: ${answer.fault}`)
      if ('error' in answer) return E.left(answer.error)
      return E.right('written' in answer ? task.into! : answer.pixels)
    },
    threads,
    close: async () => {
      await Promise.all(crew.map(({ worker }) => worker.terminate()))
    },
  }
}
