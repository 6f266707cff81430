import { batches, batchesInOrder, batchesPerEpoch, firstOfEachClass, type ImageSet, select } from '@resfn/batches'
import { outputShape } from '@resfn/transforms'
import { type AnyLayer, type Shape, summary } from '@resfn/layer'
import { fold, key } from '@resfn/random'
import { dispose } from '@resfn/tree'
import { encodeCheckpoint, type Run, train, type Training } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { type Optimiser } from '@resfn/optimisers'
import { taskEither as TE } from 'fp-ts'
import { descriptionOf, type Kept } from './checkpoint-file.ts'
import type { Context } from './context.ts'
import type { Data } from './data-source.ts'
import { CliError, exitCodes, toCliError } from './error.ts'
import { evaluationBatch } from './evaluation.ts'
import { duration } from './format.ts'
import { augment, optimiserOf, preprocess, scheduleOf } from './learning.ts'
import { orThrow } from './or-throw.ts'
import { advanced, noProgress, renderBar, renderLine } from './progress.ts'
import { isLogged, logLine, type LoggedEvent, type RunFolder } from './run-folder.ts'
import type { Settings } from './settings.ts'

/** Parameters and state of any net. */
export type AnyRun = Run<unknown, unknown>

/** A run that is ready to start: nothing in it depends on how far it is. */
export type Task = {
  readonly settings: Settings
  readonly net: AnyLayer
  readonly input: Shape
  readonly data: Data
  /** The training images that are used. */
  readonly set: ImageSet
  readonly batches: number
  readonly optimiser: Optimiser
  readonly numbers: { readonly params: number; readonly macs: number }
}

/** As many images of each class as can be had of so many; all if 0. */
const limited = (set: ImageSet, images: number): ImageSet =>
  images === 0 || images >= set.labels.length
    ? set
    : select(set, firstOfEachClass(set, Math.max(1, Math.floor(images / set.classes.length))))

/** Puts settings, net and data together; throws where they do not fit. */
export const taskOf = (settings: Settings, net: AnyLayer, data: Data): Task => {
  const set = limited(data.train, settings.images)
  const input = outputShape(preprocess(settings), set.shape)
  const { params, macs } = summary(net, input)
  return {
    settings,
    net,
    input,
    data,
    set,
    batches: batchesPerEpoch(set.labels.length, { size: settings.batch }),
    optimiser: optimiserOf(settings),
    numbers: { params, macs },
  }
}

const trainingOf = (
  { settings, net, data, set, optimiser }: Task,
  signal: AbortSignal,
): Training<unknown, unknown> => ({
  net,
  optimiser,
  loss: crossEntropy({ smoothing: settings.smoothing }),
  schedule: scheduleOf(settings, set),
  batches: (start) =>
    batches(set, { size: settings.batch, key: fold(key(settings.seed), 'data'), transform: augment(settings), start }),
  epochs: settings.epochs,
  evaluation: () => batchesInOrder(data.test, { size: evaluationBatch, transform: preprocess(settings) }),
  checkpointSteps: settings.saveSteps,
  signal,
})

/** Seconds between two lines of progress where the output is no terminal. */
const lineEvery = 15

/** Tells people how far it is: on a terminal in one line that changes, elsewhere in a line now and then. */
const reporter = (context: Context, { settings, batches: perEpoch }: Task): ((event: LoggedEvent) => void) => {
  const { live, now, process } = context
  const print = (line: string): void => {
    live?.clear()
    process.stderr.write(`${line}\n`)
  }
  let progress = noProgress({ epochs: settings.epochs, batches: perEpoch })
  let last = now()
  let epoch: Extract<LoggedEvent, { readonly type: 'epoch' }> | undefined
  let seconds = 0
  return (event) => {
    if (event.type === 'step') {
      seconds += event.seconds
      progress = advanced(progress, event)
      if (live !== undefined) live.show(renderBar(progress, context.columns()))
      else if (now() - last >= lineEvery * 1000) {
        last = now()
        print(renderLine(progress))
      }
    } else if (event.type === 'epoch') epoch = event
    else {
      const trained =
        epoch === undefined ? '' : `train loss ${epoch.loss.toFixed(3)} accuracy ${epoch.accuracy.toFixed(3)}  `
      print(
        `epoch ${event.epoch + 1}/${settings.epochs}  ${trained}test loss ${event.loss.toFixed(3)} accuracy ${event.accuracy.toFixed(3)}  ${duration(seconds + event.seconds)}`,
      )
      last = now()
      seconds = 0
    }
  }
}

const goOn = (folder: string): string => `go on with: resfn train --resume ${folder}`

const stopped = (folder: string, signal: AbortSignal): CliError =>
  new CliError('Interrupted', `stopped and saved; ${goOn(folder)}`, {
    exitCode: signal.reason === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted,
  })

const failed = (folder: string, error: unknown): CliError => {
  const cause = toCliError(error)
  const mend =
    cause._tag === 'NotFiniteError'
      ? `the run before that step is kept in ${folder}; start a new one with a smaller --lr`
      : `the last checkpoint is kept; ${goOn(folder)}`
  return new CliError(cause._tag, `${cause.message}; ${mend}`, { exitCode: cause.exitCode, cause: error })
}

/**
 * Trains from a run to the end, logs every event and saves the run now and then. The log is written before the checkpoint that counts its
 * bytes, so whenever the process dies, the log begins with all that the checkpoint has seen.
 *
 * @returns a task of the run at the end, which the caller owns
 */
export const trainIn =
  (context: Context, task: Task, files: RunFolder, kept: Kept, first: AnyRun): TE.TaskEither<CliError, AnyRun> =>
  async () => {
    const { signal, release } = context.interrupts()
    const tell = reporter(context, task)
    let logBytes = kept.logBytes
    const save = (run: AnyRun) => orThrow(saveRun(context, task, files, { ...kept, logBytes }, run))
    try {
      for await (const event of train(trainingOf(task, signal), first)) {
        if (isLogged(event)) {
          const line = logLine(event)
          await orThrow(context.files.append(files.log, line))
          logBytes += Buffer.byteLength(line)
          tell(event)
        } else if (event.type === 'checkpoint') await save(event.run)
        else if (event.reason === 'aborted') {
          dispose(event.run)
          return TE.left<CliError, AnyRun>(stopped(files.folder, signal))()
        } else return TE.right<CliError, AnyRun>(event.run)()
      }
      throw new Error('the training ended without a last event')
    } catch (error) {
      return TE.left<CliError, AnyRun>(failed(files.folder, error))()
    } finally {
      context.live?.clear()
      release()
    }
  }

/** Writes the checkpoint of a run; the old one stays until the new one is whole. */
export const saveRun =
  (
    { files }: Context,
    { input, data }: Task,
    { checkpoint }: RunFolder,
    kept: Kept,
    run: AnyRun,
  ): TE.TaskEither<CliError, void> =>
  async () => {
    const encoded = await encodeCheckpoint(run, descriptionOf(kept, { input, classes: data.train.classes }))()
    return encoded._tag === 'Left'
      ? TE.left<CliError, void>(toCliError(encoded.left))()
      : files.write(checkpoint, encoded.right)()
  }
