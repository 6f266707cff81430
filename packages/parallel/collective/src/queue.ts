import { either as E, type taskEither as TE } from 'fp-ts'
import type { CollectiveError } from './error.ts'

/** A cell of shared memory, and the value it has while there is nothing to do. */
export type Wait = { readonly index: number; readonly value: number }

/** A call that is under way: it yields what it waits for, and throws a `CollectiveError`. */
export type Steps<A> = Generator<Wait, A, void>

/** Calls in the order in which they were made. */
export type Queue = {
  /** Runs the steps once all earlier ones have ended, and leaves the thread free while they wait. */
  readonly later: <A>(steps: () => Steps<A>) => TE.TaskEither<CollectiveError, A>
  /** Runs all earlier steps and these to their ends, and blocks the thread while they wait. */
  readonly now: <A>(steps: () => Steps<A>) => E.Either<CollectiveError, A>
}

type Job = { readonly steps: Steps<unknown>; readonly settle: (result: E.Either<CollectiveError, never>) => void }

/**
 * A queue whose calls wait at cells of `cells`. One set of steps serves the free and the blocking form: they may begin
 * in one and end in the other.
 */
export const startQueue = (cells: Int32Array): Queue => {
  const jobs: Job[] = []
  let running = false

  /** Goes on until something must be waited for, which it gives back; undefined where nothing is left to do. */
  const advance = (): Wait | undefined => {
    for (let job = jobs[0]; job !== undefined; job = jobs[0]) {
      try {
        const next = job.steps.next()
        if (next.done !== true) return next.value
        jobs.shift()
        job.settle(E.right(next.value as never))
      } catch (error) {
        jobs.shift()
        job.settle(E.left(error as CollectiveError))
      }
    }
    return undefined
  }

  const runFreely = async (): Promise<void> => {
    if (running) return
    running = true
    // A pending waitAsync does not keep a process alive.
    const alive = setInterval(() => undefined, 1000)
    for (let wait = advance(); wait !== undefined; wait = advance()) {
      const waiting = Atomics.waitAsync(cells, wait.index, wait.value)
      if (waiting.async) await waiting.value
    }
    clearInterval(alive)
    running = false
  }

  return {
    later:
      <A>(steps: () => Steps<A>) =>
      () =>
        new Promise<E.Either<CollectiveError, A>>((settle) => {
          jobs.push({ steps: steps(), settle })
          void runFreely()
        }),
    now: <A>(steps: () => Steps<A>) => {
      const ended: E.Either<CollectiveError, A>[] = []
      jobs.push({ steps: steps(), settle: (result) => ended.push(result) })
      for (let wait = advance(); wait !== undefined; wait = advance()) Atomics.wait(cells, wait.index, wait.value)
      return ended[0]!
    },
  }
}
