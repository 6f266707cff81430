// The thread that makes all calls of MPI of this process; `mpi` starts it. It blocks in them, so that the main thread
// need not.
import { type MessagePort, workerData } from 'node:worker_threads'
import { either as E } from 'fp-ts'
import type { Wire } from '../collective.ts'
import type { CollectiveError } from '../error.ts'
import { exchangeOver, type Exchange } from './exchange.ts'
import { type Mpi, startMpi } from './library.ts'
import { memoryOf, type Place } from './place.ts'

export type Work =
  | { readonly do: 'allReduce'; readonly given: Place; readonly into: Place; readonly wire: Wire }
  | { readonly do: 'broadcast'; readonly given: Place; readonly root: number }
  | { readonly do: 'allGather'; readonly given: Place }
  | { readonly do: 'barrier' }
  | { readonly do: 'finalize' }

/** The first answer is that of the start. */
export type Answer = { readonly id: number; readonly result: E.Either<CollectiveError, unknown> }

export type Ranks = { readonly rank: number; readonly size: number; readonly version: string }

export type Data = {
  readonly libraries: readonly string[]
  readonly port: MessagePort
  /** How many answers were posted. */
  readonly answers: Int32Array
}

const { libraries, port, answers } = workerData as Data

const engineFailed = (message: string): CollectiveError => ({ _tag: 'EngineFailed', code: -1, message })

const perform = (work: Work, exchange: Exchange, mpi: Mpi): unknown => {
  switch (work.do) {
    case 'allReduce':
      return exchange.allReduce(work.given, work.wire, work.into)
    case 'broadcast':
      return exchange.broadcast(new Uint8Array(memoryOf(work.given)), work.root)
    case 'allGather':
      return exchange.allGather(new Uint8Array(memoryOf(work.given)))
    case 'barrier':
      return exchange.barrier()
    case 'finalize':
      return mpi.finalize()
  }
}

/** The memory of a result goes to the main thread without a copy. */
const buffersOf = (value: unknown): readonly ArrayBuffer[] =>
  ArrayBuffer.isView(value)
    ? [value.buffer as ArrayBuffer]
    : Array.isArray(value)
      ? value.flatMap((part) => buffersOf(part))
      : []

const answer = ({ id, result }: Answer): void => {
  port.postMessage({ id, result }, E.isRight(result) ? [...buffersOf(result.right)] : [])
  Atomics.add(answers, 0, 1)
  Atomics.notify(answers, 0)
}

const started = startMpi(libraries)
if (E.isLeft(started)) {
  answer({ id: 0, result: started })
  port.close()
} else {
  const mpi = started.right
  const exchange = exchangeOver(mpi)
  const { rank, size, version } = mpi
  answer({ id: 0, result: E.right({ rank, size, version } satisfies Ranks) })
  port.on('message', ({ id, work }: { readonly id: number; readonly work: Work }) => {
    const result = E.tryCatch(
      () => perform(work, exchange, mpi),
      (error) => (error instanceof Error ? engineFailed(error.message) : (error as CollectiveError)),
    )
    answer({ id, result })
    if (work.do === 'finalize') port.close()
  })
}
