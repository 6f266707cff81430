// A worker thread that reads pictures; `startReaders` starts it and sends it tasks.
import { parentPort } from 'node:worker_threads'
import { readBytes } from './read-bytes.ts'
import { type ReadError, readView, type Task } from './view.ts'

/** A task with a number, by which the answer is known. */
export type Request = Task & { readonly id: number }

/** What came of a task. */
export type Answer =
  | { readonly id: number; readonly pixels: Float32Array }
  /** The numbers are in the shared memory that came with the task. */
  | { readonly id: number; readonly written: true }
  | { readonly id: number; readonly error: ReadError }
  /** An option of the view is wrong: a fault of the caller, not of the picture. */
  | { readonly id: number; readonly fault: string }

const read = readView(readBytes)

const answerTo = async ({ id, ...task }: Request): Promise<Answer> => {
  try {
    const found = await read(task)()
    if (found._tag === 'Left') return { id, error: found.left }
    return task.into === undefined ? { id, pixels: found.right } : { id, written: true }
  } catch (error) {
    return { id, fault: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', (request: Request) => {
  void answerTo(request).then((answer) =>
    parentPort!.postMessage(answer, 'pixels' in answer ? [answer.pixels.buffer as ArrayBuffer] : []),
  )
})
