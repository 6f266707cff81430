import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Shard } from '@resfn/batches'
import type { Collective } from '@resfn/collective'
import type { Watch } from '@resfn/collective/watch'
import type { Context } from '../context/context.ts'
import type { Files } from '../context/files.ts'
import { CliError, unwrap, usageError } from '../error.ts'

/** The ranks that train a run together, and which this process or thread is. */
export type Ranks = {
  readonly collective: Collective
  readonly engine: 'threads' | 'mpi'
  /** How many of them share the processors of this machine. */
  readonly here: number
  /** Ends the job when a rank is lost, where ranks are processes. */
  readonly watch?: Watch
}

/** What `--parallel` asks for. */
export type Parallel = 'auto' | 'none' | 'mpi' | { readonly threads: number }

/** Reads `--parallel`. */
export const parseParallel = (text: string): Parallel => {
  if (text === 'auto' || text === 'none' || text === 'mpi') return text
  const threads = /^threads:([1-9]\d{0,2})$/.exec(text)?.[1]
  if (threads === undefined) throw new RangeError(`${text} is none of auto, none, mpi and threads:N, such as threads:4`)
  return { threads: Number(threads) }
}

/** What a thread that is a rank is given. */
export type RankData = {
  readonly handle: unknown
  readonly rank: number
  readonly flags: unknown
  readonly cwd: string
  readonly env: Context['env']
}

/** Whether this is the rank that prints, logs, locks and saves; so is a process alone. */
export const leads = ({ ranks }: Pick<Context, 'ranks'>): boolean => ranks === undefined || ranks.collective.rank === 0

/** The shard of this rank; nothing where there is one process. */
export const shardOf = ({ ranks }: Pick<Context, 'ranks'>): Shard | undefined =>
  ranks && { rank: ranks.collective.rank, size: ranks.collective.size }

/** What a thread says that failed. */
export type Told = { readonly tag: string; readonly message: string }

/** Ranks, and how to end those that were started for them; gives what they said. */
type Joined = { readonly ranks: Ranks; readonly end: () => Promise<readonly Told[]> }

const rankThread = new URL('./rank-thread.js', import.meta.url)

/** This thread as rank 0, and threads of their own for the others, which run the same command. */
const startThreads = async (context: Context, size: number, flags: unknown): Promise<Joined> => {
  const { endRank, joinThreads, openThreads } = await import('@resfn/collective/threads')
  if (!existsSync(rankThread))
    throw new CliError('CannotStart', `${rankThread.pathname} is missing: build the command first`)
  const handle = openThreads(size)
  const told: Told[] = []
  const workers = Array.from({ length: size - 1 }, (_, i) => {
    const data: RankData = { handle, rank: i + 1, flags, cwd: context.cwd, env: context.env }
    const worker = new Worker(rankThread, { execArgv: [], workerData: data })
    worker.on('message', (said: Told) => told.push(said))
    worker.on('error', ({ message }) => told.push({ tag: 'Unexpected', message: `rank ${i + 1}: ${message}` }))
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve(endRank(handle, i + 1))))
    return { worker, ended }
  })
  const collective = joinThreads(handle, 0)
  return {
    ranks: { collective, engine: 'threads', here: size },
    end: async () => {
      await collective.close()
      // Those that are in the middle of something that will not come to an end are ended.
      const late = setTimeout(() => workers.forEach(({ worker }) => void worker.terminate()), 2000)
      await Promise.all(workers.map(({ ended }) => ended))
      clearTimeout(late)
      return told
    },
  }
}

/** The ranks that mpirun or srun started, of which this process is one. */
const joinMpi = async ({ env }: Context): Promise<Joined> => {
  const { mpi } = await import('@resfn/collective/mpi')
  const { watchRanks } = await import('@resfn/collective/watch')
  const collective = unwrap(await mpi()())
  const watch = unwrap(await watchRanks(collective)())
  const local = Number(
    env['OMPI_COMM_WORLD_LOCAL_SIZE'] ?? env['MPI_LOCALNRANKS'] ?? env['SLURM_TASKS_PER_NODE']?.split('(')[0],
  )
  const here = Number.isInteger(local) && local > 0 ? local : 1
  return {
    ranks: { collective, engine: 'mpi', here, watch },
    end: async () => {
      await watch.stop()
      await collective.close()
      return []
    },
  }
}

/** Joins the ranks that are asked for; nothing where this process trains alone. */
export const joinRanks = async (context: Context, parallel: Parallel, flags: unknown): Promise<Joined | undefined> => {
  if (parallel === 'none') return undefined
  if (typeof parallel === 'object') return startThreads(context, parallel.threads, flags)
  const { findLauncher } = await import('@resfn/collective/mpi')
  const launcher = findLauncher(context.env)
  if (launcher !== undefined) return joinMpi(context)
  if (parallel === 'mpi')
    throw usageError(
      '--parallel mpi needs ranks that a launcher started: mpirun -np 4 resfn train …, or srun; --parallel threads:4 needs none',
    )
  return undefined
}

const nothing = { write: (): void => {} }

/** Files that are only read: what a rank that does not lead would write, the leading one writes. */
const readOnly = (files: Files): Files => ({
  ...files,
  write: async () => {},
  create: async () => true,
  append: async () => {},
  sync: async () => {},
  cut: async () => {},
  makeFolder: async () => true,
  remove: async () => {},
  removeFolder: async () => {},
})

/** The context of a rank: its part of the cores; and silent and without a trace, unless it leads. */
export const contextOf = ({ live, ...context }: Context, ranks: Ranks): Context => {
  const cores = Math.max(1, Math.floor(context.cores / ranks.here))
  const own: Context = { ...context, ranks, cores }
  if (leads(own)) return { ...own, ...(live && { live }) }
  const process = Object.assign(Object.create(context.process) as Context['process'], {
    stdout: nothing,
    stderr: nothing,
  })
  return { ...own, process, files: readOnly(context.files) }
}

/** What rank 0 has decided, on all ranks. */
export const agreedText = async ({ ranks }: Context, text: () => Promise<string>): Promise<string> => {
  if (ranks === undefined) return text()
  const { collective } = ranks
  const bytes = collective.rank === 0 ? new TextEncoder().encode(await text()) : new Uint8Array()
  return new TextDecoder().decode(unwrap(await collective.broadcast(bytes)()))
}

/** A text of each rank, in their order. */
export const gatheredTexts = async ({ ranks }: Context, text: string): Promise<readonly string[]> =>
  ranks === undefined
    ? [text]
    : unwrap(await ranks.collective.allGather(new TextEncoder().encode(text))()).map((bytes) =>
        new TextDecoder().decode(bytes),
      )
