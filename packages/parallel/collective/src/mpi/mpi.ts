import { existsSync } from 'node:fs'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { either as E, type taskEither as TE } from 'fp-ts'
import koffi from 'koffi'
import type { Collective, Wire } from '../collective.ts'
import { closed, type CollectiveError, noSuchRank } from '../error.ts'
import { findLauncher } from './launcher.ts'
import { placeOf } from './place.ts'
import type { Answer, Data, Ranks, Work } from './worker.ts'

/** How MPI is started. */
export type MpiOptions = {
  /** The path of the library; by default the one that fits what started the process. */
  readonly library?: string
}

const workerFile = new URL('./worker.js', import.meta.url)

/** MPI starts once in a process, even where it has ended. */
let wasStarted = false

const cannotStart = (message: string): E.Either<CollectiveError, never> => E.left({ _tag: 'CannotStart', message })

/** A thread that does work in the order in which it was asked for. */
const startWorker = (libraries: readonly string[]) => {
  const { port1: port, port2 } = new MessageChannel()
  const answers = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const data: Data = { libraries, port: port2, answers }
  // The flags of this process may lead to sources, and the worker is what was built.
  const worker = new Worker(workerFile, { execArgv: [], workerData: data, transferList: [port2] })
  /** Who waits for an answer; each keeps what it gave, whose memory the worker reads. */
  const waiting = new Map<number, { readonly given: unknown; readonly settle: (result: Answer['result']) => void }>()
  let ids = 0
  const settle = ({ id, result }: Answer): void => {
    waiting.get(id)?.settle(result)
    waiting.delete(id)
    if (waiting.size === 0) port.unref()
  }
  const end = (message: string): void => {
    for (const id of [...waiting.keys()]) settle({ id, result: E.left({ _tag: 'EngineFailed', code: -1, message }) })
  }
  port.on('message', settle)
  // At its end a process waits for its threads, and this one may wait for a rank that hangs.
  const exitNow = koffi.load(null).func('void _exit(int code)')
  process.on('exit', (code) => {
    if (waiting.size > 0) exitNow(code)
  })
  worker.on('error', ({ message }) => end(`the thread of MPI failed: ${message}`))
  worker.on('exit', () => end('the thread of MPI ended'))
  worker.unref()
  const expect = (given: unknown, settled: (result: Answer['result']) => void): number => {
    const id = ids++
    waiting.set(id, { given, settle: settled })
    port.ref()
    return id
  }
  const send = (work: Work, given: unknown, settled: (result: Answer['result']) => void): void => {
    const id = expect(given, settled)
    port.postMessage({ id, work })
  }
  return {
    started: new Promise<Answer['result']>((resolve) => expect(undefined, resolve)),
    later: <A>(work: Work, given?: unknown): Promise<E.Either<CollectiveError, A>> =>
      new Promise((resolve) => send(work, given, resolve as (result: Answer['result']) => void)),
    now: <A>(work: Work, given: unknown): E.Either<CollectiveError, A> => {
      const ended: Answer['result'][] = []
      send(work, given, (result) => ended.push(result))
      while (ended.length === 0) {
        const seen = Atomics.load(answers, 0)
        const message = receiveMessageOnPort(port) as { readonly message: Answer } | undefined
        if (message === undefined) Atomics.wait(answers, 0, seen)
        else settle(message.message)
      }
      return ended[0] as E.Either<CollectiveError, A>
    },
  }
}

/**
 * Joins the ranks that `mpirun` or `srun` started, on Open MPI, or MPICH and what shares its ABI (Intel MPI, Cray
 * MPICH, MVAPICH). A thread of its own makes all calls of MPI, in the order in which they were made here, so that they
 * go on while this thread computes. The sums are made in the order of the ranks, and have the bits of those of threads.
 *
 * A process starts MPI once. Close it at the end: a rank that exits before counts as lost, and the launcher ends all.
 *
 * @returns a task of the collective, or of what is missing and how to get it
 * @see MPI: A Message-Passing Interface Standard, version 4.0
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mpi } from '@resfn/collective/mpi'
 *
 * // mpirun -np 2 node ranks.js
 * const started = await mpi()()
 * if (started._tag === 'Left') assert.match(started.left.message, /start it by mpirun/)
 * else {
 *   const { allReduce, close } = started.right
 *   console.log(await allReduce(Float32Array.of(1, 2))())
 *   await close()
 * }
 * ```
 */
export const mpi =
  ({ library }: MpiOptions = {}): TE.TaskEither<CollectiveError, Collective> =>
  async () => {
    const launcher = findLauncher(process.env)
    if (launcher === undefined)
      return cannotStart(
        'this process was not started as a rank of MPI: start it by mpirun -np 4 node script.js, or srun',
      )
    if (wasStarted) return cannotStart('MPI starts once in a process, and has been started before')
    if (!existsSync(workerFile)) return cannotStart(`${workerFile.pathname} is missing: build the package first`)
    // The hooks that UCX, below MPICH and Open MPI, puts into malloc crash processes of several threads now and then:
    // https://github.com/openucx/ucx/issues/3831
    process.env['UCX_MEM_EVENTS'] ??= 'n'
    const worker = startWorker(library === undefined ? launcher.libraries : [library])
    const started = (await worker.started) as E.Either<CollectiveError, Ranks>
    if (E.isLeft(started)) return started
    wasStarted = true
    const { rank, size, version } = started.right
    let open = true
    const later =
      <A>(work: Work, given?: unknown): TE.TaskEither<CollectiveError, A> =>
      async () =>
        open ? worker.later<A>(work, given) : E.left(closed(rank))
    const close = async (): Promise<void> => {
      if (!open) return
      open = false
      await worker.later({ do: 'finalize' })
    }
    if (launcher.size !== undefined && launcher.size !== size) {
      await close()
      return cannotStart(
        `${launcher.name} started ${launcher.size} ranks, and ${version} knows of ${size}: start it by the mpirun of that library, or name the library of this one`,
      )
    }
    const reduce = (values: Float32Array, wire: Wire, into: Float32Array): Work => ({
      do: 'allReduce',
      given: placeOf(values),
      into: placeOf(into),
      wire,
    })
    return E.right({
      rank,
      size,
      allReduce:
        (values, { wire = 'float32', into } = {}) =>
        async () => {
          const total = into ?? new Float32Array(values.length)
          return E.map(() => total)(await later(reduce(values, wire, total), [values, total])())
        },
      broadcast: (bytes, { root = 0 } = {}) =>
        Number.isInteger(root) && root >= 0 && root < size
          ? later({ do: 'broadcast', given: placeOf(bytes), root }, bytes)
          : async () => E.left(noSuchRank(root, size)),
      allGather: (bytes) => later({ do: 'allGather', given: placeOf(bytes) }, bytes),
      barrier: later({ do: 'barrier' }),
      allReduceNow: (values) => {
        if (!open) return E.left(closed(rank))
        const total = new Float32Array(values.length)
        return E.map(() => total)(worker.now(reduce(values, 'float32', total), [values, total]))
      },
      close,
    })
  }
