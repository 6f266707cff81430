import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { hostname, networkInterfaces } from 'node:os'
import { Worker } from 'node:worker_threads'
import { either as E, type task as T, type taskEither as TE } from 'fp-ts'
import type { Collective } from '../collective.ts'
import type { CollectiveError } from '../error.ts'
import type { Data, Member, Order, Report } from './worker.ts'

/** How ranks watch each other. */
export type WatchOptions = {
  /** Seconds without a beat until a rank counts as lost; by default 5. */
  readonly patience?: number
}

/** A watch over the ranks of a job. */
export type Watch = {
  /** Says which step this rank has done, a whole number; it costs one write to memory. */
  readonly step: (step: number) => void
  /** Ends the watch of this rank, which may then exit; the others go on. */
  readonly stop: T.Task<void>
}

const workerFile = new URL('./worker.js', import.meta.url)

/** The addresses at which others may reach this host, its own last. */
const addresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ address }) => !address.startsWith('fe80:'))
    .toSorted((a, b) => Number(a.internal) - Number(b.internal))
    .map(({ address }) => address)

const encode = (member: Member): Uint8Array => new TextEncoder().encode(JSON.stringify(member))
const decode = (bytes: Uint8Array): Member => JSON.parse(new TextDecoder().decode(bytes)) as Member

/**
 * Watches over the ranks of a job whose ranks are processes. A thread of each exchanges a beat a second with rank 0 by
 * TCP, also while the main thread computes or waits. When a rank ends without `stop`, or is not heard any more because
 * it hangs, its host is gone or the network is cut, its rank, host and last step are written to standard error, and
 * every process of the job ends at once, by SIGKILL: what is left is the last checkpoint.
 *
 * @param collective the ranks; their addresses are exchanged by it
 * @returns a task of the watch, or of why the ranks cannot reach each other
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { single } from '@resfn/collective'
 * import { watchRanks } from '@resfn/collective/watch'
 *
 * const watch = await watchRanks(single())()
 * assert.ok(watch._tag === 'Right')
 * watch.right.step(1)
 * await watch.right.stop()
 * ```
 */
export const watchRanks =
  ({ rank, size, allGather }: Collective, { patience = 5 }: WatchOptions = {}): TE.TaskEither<CollectiveError, Watch> =>
  async () => {
    const step = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(-1)
    const setStep = (done: number): void => void Atomics.store(step, 0, done)
    if (size === 1) return E.right({ step: setStep, stop: async () => undefined })
    const host = hostname()
    const secret = randomBytes(16).toString('hex')
    const data: Data = { rank, host, secret, step, beat: 1000, patience: 1000 * patience }
    const worker = new Worker(workerFile, { execArgv: [], workerData: data })
    const hear = async (): Promise<Report> => ((await once(worker, 'message')) as readonly Report[])[0]!
    const fail = async (message: string): Promise<E.Either<CollectiveError, never>> => {
      await worker.terminate()
      return E.left({ _tag: 'CannotStart', message })
    }
    const listening = await hear()
    const port = 'port' in listening ? listening.port : 0
    const gathered = await allGather(encode({ host, addresses: addresses(), port, secret }))()
    if ('problem' in listening) return fail(listening.problem ?? '')
    if (E.isLeft(gathered)) {
      await worker.terminate()
      return gathered
    }
    worker.postMessage({ members: gathered.right.map(decode) } satisfies Order)
    const begun = await hear()
    if ('problem' in begun && begun.problem !== undefined) return fail(begun.problem)
    worker.unref()
    return E.right({
      step: setStep,
      stop: async () => {
        worker.ref()
        worker.postMessage('stop' satisfies Order)
        await once(worker, 'exit')
      },
    })
  }
