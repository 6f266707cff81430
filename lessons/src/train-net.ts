import { batches, batchesInOrder } from '@resfn/batches'
import { decodeCheckpoint, encodeCheckpoint, type Json, restoreRun } from '@resfn/checkpoint'
import { type AnyLayer, untyped, type Variables } from '@resfn/layer'
import { train } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { fold, type Key } from '@resfn/random'
import { augmentation, optimiserOf, preprocessing, type Recipe, scheduleOf } from '@resfn/recipe'
import { constantRate, inTurn } from '@resfn/schedules'
import { type EpochRecord, NotFiniteError, type Run, startRun } from '@resfn/step'
import { dispose, map } from '@resfn/tree'
import { clone, type Tensor } from '@tensorflow/tfjs-core'
import type { Tools } from './tools.ts'

/** The fields of a recipe that a lesson says. */
export type LessonRecipe = Pick<
  Recipe,
  | 'epochs'
  | 'batch'
  | 'optimiser'
  | 'lr'
  | 'schedule'
  | 'momentum'
  | 'nesterov'
  | 'weightDecay'
  | 'flip'
  | 'crop'
  | 'normalise'
> &
  Partial<Pick<Recipe, 'rates' | 'resize'>> & {
    /** Steps at another rate, before the schedule begins. */
    readonly warmup?: { readonly lr: number; readonly steps: number }
  }

/**
 * The recipe of He et al. 2015, section 4.2: 64,000 steps of 128 images, rate 0.1 divided by 10 after half and three
 * quarters. Lessons change what they say.
 */
export const paperRecipe: LessonRecipe = {
  epochs: 164,
  batch: 128,
  optimiser: 'sgd',
  lr: 0.1,
  schedule: 'milestones',
  momentum: 0.9,
  nesterov: false,
  weightDecay: 1e-4,
  flip: true,
  crop: 4,
  normalise: true,
}

/** What one net of a lesson is trained as. */
export type NetTraining = {
  /** Names its checkpoint, which is kept while it trains. */
  readonly id: string
  readonly net: AnyLayer
  readonly recipe: LessonRecipe
  readonly key: Key
  /** The first parameters and state, which stay the caller's; drawn from the key by default. */
  readonly from?: Variables<unknown, unknown>
  /** Is given the run before the first step and after each epoch; what it returns is in `watched`. */
  readonly watch?: (run: Run<unknown, unknown>) => Promise<Json> | Json
}

/** How a training went. */
export type NetTrained = {
  readonly history: readonly EpochRecord[]
  /** The loss at each step. */
  readonly losses: readonly number[]
  /** Images a second at each step, its batch made ready included. */
  readonly speeds: readonly number[]
  readonly watched: readonly Json[]
  /** The net after it; none where the loss was no number any more. */
  readonly run: Run<unknown, unknown> | undefined
  /** Frees the run. */
  readonly dispose: () => void
}

/** The lesson is to stop; what was trained so far is in the store. */
export class InterruptedError extends Error {
  readonly _tag = 'Interrupted'
  constructor() {
    super('stopped and saved; the same command goes on')
    this.name = 'InterruptedError'
  }
}

/** What is in a checkpoint beside the run. */
type Kept = Pick<NetTrained, 'losses' | 'speeds' | 'watched'>

/**
 * Trains a net of a lesson on its images and evaluates it after each epoch. A checkpoint is kept after each epoch, so a
 * training that was stopped goes on from there; it is removed at the end.
 *
 * @throws InterruptedError when the lesson is to stop
 */
export const trainNet = async (
  { data, store, signal, say }: Tools,
  { id, net: given, recipe: said, key, from, watch }: NetTraining,
): Promise<NetTrained> => {
  const net = untyped(given)
  const recipe = { rates: '', resize: 0, warmup: { lr: 0, steps: 0 }, ...said, erasing: 0 }
  const { labels, classes } = data.train
  const [height, width, channels] = data.train.shape
  const shape = recipe.resize > 0 ? [recipe.resize, recipe.resize, channels] : [height, width, channels]
  const optimiser = optimiserOf(recipe)
  const name = `${id}.safetensors`
  const description = { net: { name: id, input: shape, classes } }

  const restore = async (): Promise<(Kept & { readonly run: Run<unknown, unknown> }) | undefined> => {
    const bytes = await store.read(name)
    if (bytes === undefined) return undefined
    const checkpoint = decodeCheckpoint(bytes)
    if (checkpoint._tag === 'Left') return undefined
    const run = restoreRun(checkpoint.right, { net, name: id, input: shape, optimiser })
    return run._tag === 'Left'
      ? undefined
      : { run: run.right, ...(checkpoint.right.description.training as unknown as Kept) }
  }
  const restored = await restore()
  const started = (): Run<unknown, unknown> => {
    const run = startRun(net, { optimiser, key, input: shape })
    if (from === undefined) return run
    dispose([run.params, run.state, run.optimiser])
    const { params, state } = map({ params: from.params, state: from.state }, (leaf: Tensor) => clone(leaf))
    return { ...run, params, state, optimiser: optimiser.init(params) }
  }
  const first = restored?.run ?? started()
  const losses = [...(restored?.losses ?? [])]
  const speeds = [...(restored?.speeds ?? [])]
  const watched = [...(restored?.watched ?? [])]
  if (watch !== undefined && restored === undefined) watched.push(await watch(first))

  const seen = preprocessing(recipe, data.moments)
  const training = {
    net,
    optimiser,
    loss: crossEntropy(),
    schedule: inTurn(
      [{ schedule: constantRate(recipe.warmup.lr), steps: recipe.warmup.steps }],
      scheduleOf(recipe, { examples: labels.length }),
    ),
    batches: (start: { readonly epoch: number; readonly batch: number }) =>
      batches(data.train, {
        size: recipe.batch,
        key: fold(key, 'data'),
        transform: augmentation(recipe, data.moments),
        start,
      }),
    epochs: recipe.epochs,
    evaluation: () => batchesInOrder(data.test, { size: 200, transform: seen }),
    signal,
  }
  let history: readonly EpochRecord[] = first.history
  try {
    for await (const event of train(training, first)) {
      switch (event.type) {
        case 'step':
          losses.push(event.loss)
          speeds.push(event.examplesPerSecond)
          break
        case 'evaluation':
          say(`epoch ${event.epoch + 1} of ${recipe.epochs}, test accuracy ${event.accuracy.toFixed(3)}`)
          break
        case 'checkpoint': {
          ;({ history } = event.run)
          if (event.reason === 'not finite') break
          if (watch !== undefined && event.reason === 'epoch') watched.push(await watch(event.run))
          const kept = { losses, speeds, watched } as unknown as Json
          const bytes = await encodeCheckpoint(event.run, { ...description, training: kept })()
          if (bytes._tag === 'Left') throw new Error(bytes.left.message)
          await store.write(name, bytes.right)
          break
        }
        case 'done':
          if (event.reason === 'aborted') {
            dispose(event.run)
            throw new InterruptedError()
          }
          await store.remove(name)
          return {
            history: event.run.history,
            losses,
            speeds,
            watched,
            run: event.run,
            dispose: () => dispose(event.run),
          }
      }
    }
  } catch (error) {
    if (!(error instanceof NotFiniteError)) throw error
    await store.remove(name)
    return { history, losses, speeds, watched, run: undefined, dispose: () => undefined }
  }
  throw new Error('the training ended without a last event')
}

/** The record of the last epoch; none where the loss was no number any more. */
export const lastEpoch = ({ history, run }: Pick<NetTrained, 'history' | 'run'>): EpochRecord | undefined =>
  run === undefined ? undefined : history.at(-1)

/** Errors over the last epoch and after it, from 0 to 1; null where the loss was no number any more. */
export type Errors = { readonly trainError: number | null; readonly testError: number | null }

/** The errors that a training came to. */
export const errorsOf = (trained: Pick<NetTrained, 'history' | 'run'>): Errors => {
  const last = lastEpoch(trained)
  return {
    trainError: last === undefined ? null : 1 - last.training.accuracy,
    testError: last?.evaluation === undefined ? null : 1 - last.evaluation.accuracy,
  }
}
