import { join, resolve } from 'node:path'
import type { TrainFlags } from '../commands/train.ts'
import type { Context } from '../context/context.ts'
import { CliError, exitCodes, toCliError, unwrap, usageError } from '../error.ts'
import type { Action, Output } from '../output.ts'
import { finishRun } from '../run/finish.ts'
import { resumeRun } from '../run/resume-run.ts'
import { agreedText, contextOf, joinRanks, leads, type Ranks, type Told } from '../run/ranks.ts'
import { runFolder } from '../run/run-folder.ts'
import { startNewRun } from '../run/start-run.ts'
import { type OpenRun, trainRun } from '../run/train-run.ts'
import { kebab } from '../text/kebab.ts'

const checkResumable = (flags: Readonly<Record<string, unknown>>): void => {
  const given = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${kebab(name)}`]))
  if (given.length > 0)
    throw usageError(
      `a run is resumed with the settings it was started with, so ${given.join(' and ')} cannot be given (only --data, --backend, --threads, --parallel and --pause-after can); start a new run to change them`,
    )
}

/** The last run that there is to go on with: in the folder that was asked for, or of those in `runs`. */
const latestRun = async ({ cwd, files }: Context, out: string | undefined): Promise<string | undefined> => {
  const holdsRun = async (folder: string): Promise<boolean> =>
    (await files.kind(runFolder(resolve(cwd, folder)).checkpoint)) !== 'none'
  if (out !== undefined) return (await holdsRun(out)) ? out : undefined
  const runs = resolve(cwd, 'runs')
  const names = (await files.kind(runs)) === 'folder' ? await files.list(runs) : []
  // Their names begin with the time when they were started.
  for (const name of names.toSorted().toReversed()) if (await holdsRun(join(runs, name))) return join(runs, name)
  return undefined
}

/** What a command trains: a run that is resumed, or a new one. */
const openRun = async (context: Context, flags: TrainFlags): Promise<OpenRun> => {
  const {
    json: _json,
    debug: _debug,
    out,
    resume,
    resumeLatest = false,
    from,
    pauseAfter: _,
    parallel: _parallel,
    ...settings
  } = flags
  if (resume === undefined) {
    // All ranks go on with the run that the first one finds.
    const latest = resumeLatest ? await agreedText(context, async () => (await latestRun(context, out)) ?? '') : ''
    return latest === '' ? startNewRun(context, settings, { out, from }) : resumeRun(context, latest, settings)
  }
  const { data: _data, backend: _backend, threads: _threads, ...fixed } = settings
  checkResumable({ out, from, resumeLatest: resumeLatest ? true : undefined, ...fixed })
  return resumeRun(context, resume, settings)
}

/** Whether all ranks know of an end at the same step, so that they wait for each other. */
const isAgreed = (error: unknown): boolean => ['Interrupted', 'NotFiniteError'].includes(toCliError(error)._tag)

const barrier = async ({ ranks }: Context): Promise<void> => void (ranks && unwrap(await ranks.collective.barrier()))

/** What a rank that does not lead has to say: nothing but how it ended. */
const silent = (exitCode: number): Output => ({ text: '', json: undefined, exitCode })

/** Trains a run to its end, on this rank. */
const trainOn = async (context: Context, flags: TrainFlags): Promise<Output> => {
  const open = await openRun(context, flags)
  try {
    const trained = { ...open, ...(await trainRun(context, open, flags.pauseAfter)) }
    if (context.ranks !== undefined) await open.setup.reading.share()
    const output = leads(context) ? await finishRun(context, trained) : silent(exitCodes.success)
    await barrier(context)
    return output
  } catch (error) {
    // The launcher ends all ranks once one has failed: the leading one has saved by then.
    if (isAgreed(error)) {
      await barrier(context)
      if (!leads(context)) return silent(toCliError(error).exitCode)
    }
    throw error
  } finally {
    open.backend.dispose()
    await open.release()
  }
}

/** Trains a run as one of its ranks; its errors say which. */
export const trainAsRank = async (context: Context, ranks: Ranks, flags: TrainFlags): Promise<Output> => {
  try {
    return await trainOn(contextOf(context, ranks), flags)
  } catch (error) {
    const { rank } = ranks.collective
    if (rank === 0) throw error
    const { _tag, message, exitCode } = toCliError(error)
    throw new CliError(_tag, `rank ${rank}: ${message}`, { exitCode, cause: error })
  }
}

/** What ended all: where this rank only lost another one, what that one said. */
const causeOf = (error: unknown, told: readonly Told[]): unknown => {
  const cause = told.find(({ tag }) => tag !== 'RankLost')
  return toCliError(error)._tag === 'RankLost' && cause !== undefined ? new CliError(cause.tag, cause.message) : error
}

/** Trains a new run, or resumes one, to its end. */
export const trainOrResume: Action<TrainFlags, []> = async (context, flags) => {
  const joined = await joinRanks(context, flags.parallel ?? 'auto', flags)
  if (joined === undefined) return trainOn(context, flags)
  try {
    const output = await trainAsRank(context, joined.ranks, flags)
    await joined.end()
    return output
  } catch (error) {
    // A rank of MPI that failed alone must not wait for the others: it is lost, and the launcher ends them.
    const told = joined.ranks.engine === 'threads' || isAgreed(error) ? await joined.end() : []
    throw causeOf(error, told)
  }
}
