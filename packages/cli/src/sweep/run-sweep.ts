import { join } from 'node:path'
import { type Score, survivors } from '@resfn/sweep'
import { type Context, say } from '../context/context.ts'
import { CliError, interruptedBy, usageError } from '../error.ts'
import { duration } from '../text/format.ts'
import { parsedJson } from '../text/json.ts'
import { goalOf, pointsOf, roundsOf, shownPoint, type Sweep } from './sweep.ts'
import { isOver, recordOf, runTrial, type Trial, trialOf, type TrialRecord } from './trial.ts'

/** A sweep and its folder. */
export type OpenSweep = { readonly sweep: Sweep; readonly folder: string }

/** The part of a sweep that its folder holds: how many processes there are and what a cluster is told may change. */
const kept = ({ jobs: _jobs, slurm: _slurm, ...sweep }: Sweep): string => `${JSON.stringify(sweep, null, 2)}\n`

/** Takes a folder for a sweep; throws a `CliError` where it holds another one. */
export const openSweep = async ({ files }: Context, sweep: Sweep, folder: string): Promise<OpenSweep> => {
  const path = join(folder, 'sweep.json')
  await files.makeFolder(folder)
  if (!(await files.create(path, kept(sweep)))) {
    const before = await files.readText(path)
    if (before !== kept(sweep)) {
      const other = Object(parsedJson(before)) as { readonly [name: string]: unknown }
      const changed = Object.entries(JSON.parse(kept(sweep)) as object)
        .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(other[name]))
        .map(([name]) => (name === 'space' ? 'parameters' : name))
      throw new CliError(
        'OtherSweep',
        `${folder} holds a sweep that differs in ${changed.join(' and ') || 'its form'}; put the file back as it was, or give another folder (--out)`,
      )
    }
  }
  return { sweep, folder }
}

/** All trials of a sweep. */
export const trialsOf = ({ sweep, folder }: OpenSweep): readonly Trial[] => {
  const points = pointsOf(sweep)
  return points.map((_, trial) => trialOf(folder, points, trial))
}

/** The objective of a trial after a round, for the choice of those that go on. */
const scoreOf = ({ objective }: Sweep, { trial }: Trial, { reached, failure }: TrialRecord, round: number): Score => {
  const at = failure === undefined ? reached[round] : undefined
  return { trial, value: (objective === 'test loss' ? at?.loss : at?.accuracy) ?? Number.NaN }
}

/** The trials of a round: all of them, or those that were best in the round before, which must be over. */
export const trialsIn = async (context: Context, open: OpenSweep, round: number): Promise<readonly Trial[]> => {
  if (round === 0) return trialsOf(open)
  const before = await trialsIn(context, open, round - 1)
  const records = await Promise.all(before.map((trial) => recordOf(context, trial)))
  const missing = before.filter((_, i) => !isOver(records[i]!, round - 1)).map(({ trial }) => trial)
  if (missing.length > 0)
    throw new CliError(
      'RoundNotOver',
      `round ${round + 1} needs what all trials of round ${round} came to, and ${missing.length === 1 ? 'trial' : 'trials'} ${missing.join(', ')} did not end; train them first`,
    )
  const scores = before.map((trial, i) => scoreOf(open.sweep, trial, records[i]!, round - 1))
  const { trials = 0 } = roundsOf(open.sweep)[round] ?? {}
  const all = trialsOf(open)
  return survivors(scores, trials, goalOf(open.sweep)).map((trial) => all[trial]!)
}

const told = ({ reached, failure }: TrialRecord): string => {
  const last = reached.at(-1)
  if (failure !== undefined) return failure.message
  if (last === undefined) return 'nothing'
  const numbers = `test accuracy ${last.accuracy?.toFixed(4) ?? 'NaN'}, test loss ${last.loss?.toFixed(4) ?? 'NaN'}`
  return `${numbers} after epoch ${last.epochs}, ${duration(last.seconds)}`
}

/** Does something for each of some things, at most so many at once; the first failure keeps others from being begun. */
const atOnce = async <A>(count: number, all: readonly A[], work: (one: A) => Promise<void>): Promise<void> => {
  const left = [...all]
  const failures: unknown[] = []
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined && failures.length === 0; one = left.shift()) {
      try {
        await work(one)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: count }, worker))
  if (failures.length > 0) throw failures[0]
}

/** Threads of each of the trials that train at once, so that together they take no more cores than there are. */
const threadsFor = ({ cores }: Context, jobs: number): number => (jobs > 1 ? Math.max(1, Math.floor(cores / jobs)) : 0)

/** What stops trials: the signal of the command, or a failure of one of them, which lets the others save. */
const stopping = (signal: AbortSignal): { readonly signal: AbortSignal; readonly stop: () => void } => {
  const failed = new AbortController()
  return { signal: AbortSignal.any([signal, failed.signal]), stop: () => failed.abort('SIGTERM') }
}

/** Trains all trials of a sweep, as many at once as it says; trials that are over are left as they are. */
export const runSweep = async (context: Context, open: OpenSweep, howToGoOn: string): Promise<void> => {
  const { sweep } = open
  const { jobs = 1 } = sweep
  const rounds = roundsOf(sweep)
  const { signal, release } = context.interrupts()
  const { signal: stopped, stop } = stopping(signal)
  const { live } = context
  try {
    for (const [round, { epochs }] of rounds.entries()) {
      const trials = await trialsIn(context, open, round)
      const records = await Promise.all(trials.map((trial) => recordOf(context, trial)))
      const waiting = trials.filter((_, i) => !isOver(records[i]!, round))
      let done = trials.length - waiting.length
      const title = rounds.length === 1 ? '' : `round ${round + 1} of ${rounds.length}, until epoch ${epochs}: `
      live?.show(`${title}${done} of ${trials.length} trials`)
      await atOnce(jobs, waiting, async (trial) => {
        if (signal.aborted) return
        try {
          const record = await runTrial(context, sweep, trial, {
            round,
            epochs,
            threads: threadsFor(context, jobs),
            signal: stopped,
          })
          done++
          live?.clear()
          say(
            context,
            `${title}trial ${trial.trial} (${done} of ${trials.length}), ${shownPoint(trial.point)}: ${told(record)}`,
          )
          live?.show(`${title}${done} of ${trials.length} trials`)
        } catch (error) {
          stop()
          if (!signal.aborted) throw error
        }
      })
      if (signal.aborted) throw interruptedBy(signal, `stopped and saved; go on with: ${howToGoOn}`)
    }
  } catch (error) {
    if (!(error instanceof CliError) || error._tag === 'Interrupted') throw error
    throw new CliError(error._tag, `${error.message}; the others are saved, go on with: ${howToGoOn}`, { cause: error })
  } finally {
    live?.clear()
    release()
  }
}

/** One trial of a round, as a task of a cluster has it; says what it came to. */
export const runTask = async (
  context: Context,
  open: OpenSweep,
  { round, index }: { readonly round: number; readonly index: number },
): Promise<string> => {
  const rounds = roundsOf(open.sweep)
  const at = rounds[round]
  if (at === undefined || index >= at.trials)
    throw usageError(
      `--task ${round + 1}:${index}: the tasks of this sweep are ${rounds.map(({ trials }, i) => `${i + 1}:0 to ${i + 1}:${trials - 1}`).join(', ')}`,
    )
  const trial = (await trialsIn(context, open, round))[index]
  if (trial === undefined)
    return `round ${round + 1} has no trial for task ${index}: too few of the round before came to a number`
  const { signal, release } = context.interrupts()
  try {
    const record = await runTrial(context, open.sweep, trial, { round, epochs: at.epochs, threads: 0, signal })
    return `trial ${trial.trial}, ${shownPoint(trial.point)}: ${told(record)}`
  } catch (error) {
    if (signal.aborted) throw interruptedBy(signal, 'stopped and saved; the same task goes on')
    throw error
  } finally {
    release()
  }
}
