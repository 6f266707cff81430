import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { decodeWith, wholeNumber } from '@resfn/recipe'
import type { Point } from '@resfn/sweep'
import * as v from 'valibot'
import type { Child, Context, Ended } from '../context/context.ts'
import { CliError } from '../error.ts'
import { runFolder } from '../run/run-folder.ts'
import { parsedJson } from '../text/json.ts'
import { settingWords } from './setting.ts'
import { settingsOf, type Sweep } from './sweep.ts'

/** What a trial came to after so many epochs; nothing stands for a number that is not finite. */
export type Reached = {
  readonly epochs: number
  readonly accuracy: number | null
  readonly loss: number | null
  readonly seconds: number
}

/** What is kept of a trial: a record a round, and why it will not go on, where its settings are at fault. */
export type TrialRecord = {
  readonly reached: readonly Reached[]
  readonly failure?: { readonly tag: string; readonly message: string }
}

/** A trial, its settings and its folder. */
export type Trial = {
  readonly trial: number
  readonly point: Point
  readonly folder: string
}

/** The folder of a trial, whose names sort by number. */
export const trialOf = (folder: string, points: readonly Point[], trial: number): Trial => ({
  trial,
  point: points[trial]!,
  folder: join(folder, 'trials', String(trial).padStart(String(points.length - 1).length, '0')),
})

const numberOrNull = v.nullable(v.number())

const schema: v.GenericSchema<unknown, TrialRecord> = v.object({
  reached: v.array(
    v.object({ epochs: wholeNumber({ from: 0 }), accuracy: numberOrNull, loss: numberOrNull, seconds: v.number() }),
  ),
  failure: v.exactOptional(v.object({ tag: v.string(), message: v.string() })),
})

const recordPath = ({ folder }: Trial): string => join(folder, 'trial.json')

/** What is known of a trial. */
export const recordOf = async ({ files }: Context, trial: Trial): Promise<TrialRecord> => {
  const path = recordPath(trial)
  if ((await files.kind(path)) !== 'file') return { reached: [] }
  const record = decodeWith(schema, parsedJson(await files.readText(path)))
  if (record._tag === 'Left')
    throw new CliError('DamagedTrial', `${path}: ${record.left.message}; remove it, and the trial is looked at again`)
  return record.right
}

/** Whether a trial has nothing to do in a round. */
export const isOver = ({ reached, failure }: TrialRecord, round: number): boolean =>
  reached.length > round || failure !== undefined

/** Failures that come of the settings of a trial: others may go well. */
const ofSettings = new Set(['NotFiniteError', 'OutOfMemory', 'Usage'])

/** What `resfn train --json` prints. */
const resultSchema = v.object({
  seconds: v.number(),
  epochsDone: wholeNumber({ from: 0 }),
  test: v.nullable(v.object({ loss: numberOrNull, accuracy: numberOrNull })),
})

const errorSchema = v.object({ error: v.object({ tag: v.string(), message: v.string() }) })

const errorOf = ({ code, signal, stdout, stderr }: Ended): { readonly tag: string; readonly message: string } => {
  const said = v.safeParse(errorSchema, parsedJson(stdout))
  if (said.success) return said.output.error
  const last = stderr.trimEnd().split('\n').at(-1) ?? ''
  return {
    tag: 'Ended',
    message: `resfn train ended with ${signal ?? `exit code ${code}`}${last === '' ? '' : `: ${last}`}`,
  }
}

/** What a round is, and how it is stopped. */
export type RoundOptions = {
  readonly round: number
  /** Epochs after which the trial pauses. */
  readonly epochs: number
  /** Threads, where the settings do not say how many. */
  readonly threads: number
  readonly signal: AbortSignal
}

const wordsOf = async (
  { files }: Context,
  sweep: Sweep,
  { point, folder }: Trial,
  { epochs, threads }: RoundOptions,
): Promise<readonly string[]> => {
  const isStarted = (await files.kind(runFolder(folder).checkpoint)) === 'file'
  const settings = settingsOf(sweep, point)
  return [
    'train',
    ...(isStarted
      ? ['--resume', folder]
      : [
          ...Object.entries(settings).flatMap(settingWords),
          ...(settings['threads'] === undefined && threads > 0 ? ['--threads', String(threads)] : []),
          '--out',
          folder,
        ]),
    ...(Number.isFinite(epochs) ? ['--pause-after', String(epochs)] : []),
    '--json',
  ]
}

const ending = async (child: Child, signal: AbortSignal): Promise<Ended> => {
  const onAbort = (): void => child.stop(String(signal.reason))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  try {
    return await child.ended
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** A process that was led by one that was killed saves before it gives its run back: so many tries, a second apart. */
const tries = 60

const trained = async (context: Context, sweep: Sweep, trial: Trial, options: RoundOptions): Promise<Ended> => {
  for (let left = tries; ; left--) {
    const ended = await ending(context.start(await wordsOf(context, sweep, trial, options)), options.signal)
    if (left === 0 || options.signal.aborted || ended.code === 0 || errorOf(ended).tag !== 'RunInUse') return ended
    await setTimeout(1000)
  }
}

/**
 * Trains a trial in a process of its own until the epochs of a round are done, and keeps what it came to; a run that
 * was begun goes on. Throws where the failure does not come of the settings, and where it was stopped.
 */
export const runTrial = async (
  context: Context,
  sweep: Sweep,
  trial: Trial,
  options: RoundOptions,
): Promise<TrialRecord> => {
  const before = await recordOf(context, trial)
  if (isOver(before, options.round)) return before
  const ended = await trained(context, sweep, trial, options)
  const result = v.safeParse(resultSchema, parsedJson(ended.stdout))
  const failure = ended.code === 0 && result.success ? undefined : errorOf(ended)
  if (failure !== undefined && !ofSettings.has(failure.tag))
    throw new CliError(failure.tag, `trial ${trial.trial}: ${failure.message}`)
  const record: TrialRecord = result.success
    ? {
        reached: [
          ...before.reached,
          {
            epochs: result.output.epochsDone,
            accuracy: result.output.test?.accuracy ?? null,
            loss: result.output.test?.loss ?? null,
            seconds: result.output.seconds,
          },
        ],
      }
    : { ...before, failure: failure! }
  await context.files.write(recordPath(trial), `${JSON.stringify(record, null, 2)}\n`)
  return record
}
