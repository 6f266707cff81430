import { encodeCheckpoint, encodeWeights } from '@resfn/checkpoint'
import { broadcastRun } from '@resfn/data-parallel'
import { type PredictionColumns, train } from '@resfn/loop'
import { type Run, weightsOf } from '@resfn/step'
import type { Chosen } from '@resfn/runtime'
import { dispose } from '@resfn/tree'
import type { TensorContainer } from '@tensorflow/tfjs-core'
import type { Context } from '../context/context.ts'
import { CliError, interruptedBy, toCliError, unwrap } from '../error.ts'
import { type CheckpointNotes, descriptionOf } from './checkpoint-file.ts'
import { compileShaders } from './compile-shaders.ts'
import { progressReporter } from './reporter.ts'
import { eventBoard } from './event-board.ts'
import { isLogged, logLine, parseLog } from './event-log.ts'
import { writeReport } from './finish.ts'
import { gatheredTexts, leads } from './ranks.ts'
import { howToGoOn, type RunFolder } from './run-folder.ts'
import type { Settings } from './settings.ts'
import { type Learner, trainingOf, type TrainingSetup, wholeOf } from './training-setup.ts'

/** A run with parameters and state of any net. */
export type AnyRun = Run<unknown, unknown>

/** A run that can go on: everything that `trainRun` needs. */
export type OpenRun = {
  readonly setup: TrainingSetup
  readonly files: RunFolder
  readonly notes: CheckpointNotes
  /** Its parameters and state are those of the learner. */
  readonly run: AnyRun
  readonly learner: Learner
  /** Whether it ended before its last epoch because it was asked to. */
  readonly isPaused?: boolean
  /** Of the test images, if this process evaluated the run as it is. */
  readonly predictions?: PredictionColumns | undefined
  readonly backend: Chosen
  /** Gives the folder back to other processes. */
  readonly release: () => Promise<void>
  /** Removes what a run that begins here has written, and gives its folder back; a run that goes on has none. */
  readonly discard?: () => Promise<void>
}

/** The run of rank 0 on all ranks, where there are some; else as it is. */
export const broadcastFirst = async ({ ranks }: Context, run: AnyRun): Promise<AnyRun> =>
  ranks === undefined ? run : unwrap(await broadcastRun(ranks.collective, run)())

/** Whether a run has done the epochs after which it is to pause, and has more to do. */
const isDue = ({ history }: AnyRun, { epochs }: Settings, pauseAfter: number): boolean =>
  history.length >= pauseAfter && history.length < epochs

/** The signal that stopped a rank, which need not be this one. */
const stoppedBy = async (context: Context, { reason }: AbortSignal): Promise<Pick<AbortSignal, 'reason'>> => {
  const reasons = await gatheredTexts(context, String(reason ?? ''))
  return { reason: reasons.find((each) => each !== '') }
}

const stopped = (folder: string, signal: Pick<AbortSignal, 'reason'>): CliError =>
  interruptedBy(signal, `stopped and saved; ${howToGoOn(folder)}`)

/** Errors that the same run would meet again, whoever goes on with it. */
const isFinal = (tag: string): boolean => tag === 'BrokenImage' || tag === 'OutOfMemory'

/** What to do after an error, by its tag. */
const remedyOf = (tag: string, { files: { folder }, setup }: OpenRun): string => {
  switch (tag) {
    case 'BrokenImage':
      return 'mend or remove it and start a new run, or leave --strict away'
    case 'NotFiniteError':
      return `the run before that step is kept in ${folder}, with a report; start a new one with a smaller --lr`
    case 'OutOfMemory': {
      const { batch, resize } = setup.settings
      const smaller = resize > 0 ? '--batch or --resize' : '--batch'
      return `a batch is ${batch} images of ${setup.input.join('x')}: start a new run with a smaller ${smaller}`
    }
    case 'DeviceLost':
      return `the last checkpoint is kept; ${howToGoOn(folder)}, or on another backend with --backend wasm`
    default:
      return `the last checkpoint is kept; ${howToGoOn(folder)}`
  }
}

const failed = (open: OpenRun, error: unknown): CliError => {
  const { _tag, message, exitCode } = toCliError(error)
  return new CliError(_tag, `${message}; ${remedyOf(_tag, open)}`, { exitCode, cause: error })
}

/** Writes the checkpoint of a run; the old one stays until the new one is whole. */
export const saveRun = async (
  { files }: Context,
  { setup, learner, files: { checkpoint, log }, notes, run }: OpenRun,
): Promise<void> => {
  const description = descriptionOf(notes, { input: setup.input, classes: setup.data.train.classes })
  const { average } = run
  const whole = { ...run, ...wholeOf(learner, run), average: average && wholeOf(learner, average) }
  const content = unwrap(await encodeCheckpoint(whole, description)())
  // The checkpoint counts the bytes of the log: after a power cut, it must not be there before they are.
  await files.sync(log)
  await files.write(checkpoint, content)
}

/** Writes the weights of a run as they are now as the best ones. */
const saveBest = async (
  { files }: Context,
  { setup, learner, files: { best }, notes, run }: OpenRun,
): Promise<void> => {
  const description = descriptionOf(notes, { input: setup.input, classes: setup.data.train.classes })
  await files.write(best, unwrap(await encodeWeights(wholeOf(learner, weightsOf(run)), description)()))
}

/**
 * Trains a run to its end, logs every event and saves the run now and then. The log is written before the checkpoint
 * that counts its bytes, so whenever the process dies, the log begins with all that the checkpoint has seen.
 *
 * @param pauseAfter epochs after which it ends as if it were interrupted then, so that it can go on later
 * @returns the run at the end, which the caller owns, and the predictions of the last evaluation
 */
export const trainRun = async (
  context: Context,
  open: OpenRun,
  pauseAfter: number = Infinity,
): Promise<Pick<OpenRun, 'run' | 'predictions' | 'isPaused'>> => {
  const { setup, learner, files } = open
  const { signal, release } = context.interrupts()
  let isPaused = isDue(open.run, setup.settings, pauseAfter)
  const report = progressReporter(context, setup)
  let { logBytes } = open.notes
  let isSaved = false
  try {
    const before = leads(context) ? await context.files.readText(files.log) : ''
    const board = eventBoard(open.notes.started, parseLog(files.log, before))
    await context.files.write(files.board, board.file)
    const training = {
      ...trainingOf(setup, learner.net, {
        get aborted() {
          return signal.aborted || isPaused
        },
      }),
      prepare: (compute: () => TensorContainer) => compileShaders(context, compute),
    }
    for await (const event of train(training, open.run)) {
      if (event.type === 'step') context.ranks?.watch?.step(event.step)
      if (isLogged(event)) {
        const line = logLine(event)
        await context.files.append(files.log, line)
        await context.files.append(files.board, board.append(event))
        logBytes += Buffer.byteLength(line)
        report(event)
      } else if (event.type === 'checkpoint') {
        const reached = { ...open, notes: { ...open.notes, logBytes }, run: event.run }
        if (leads(context)) {
          if (event.isBest === true && setup.settings.patience > 0) await saveBest(context, reached)
          await saveRun(context, reached)
        }
        isSaved = true
        isPaused = isDue(event.run, setup.settings, pauseAfter)
        if (event.reason === 'not finite' && leads(context)) await writeReport(context, reached)
      } else if (event.type === 'lost') {
        // The file has the same checkpoint; the error comes next.
      } else if (event.reason === 'aborted' && !isPaused) {
        dispose(event.run)
        throw stopped(files.folder, await stoppedBy(context, signal))
      } else return { run: event.run, predictions: event.predictions, isPaused: event.reason === 'aborted' }
    }
    throw new Error('the training ended without a last event')
  } catch (error) {
    if (error instanceof CliError && error._tag === 'Interrupted') throw error
    const failure = failed(open, error)
    if (!isSaved && isFinal(failure._tag)) await open.discard?.().catch(() => undefined)
    throw failure
  } finally {
    context.live?.clear()
    release()
  }
}
