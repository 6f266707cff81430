import { type Tensor, tensor, type TensorContainer, util } from '@tensorflow/tfjs-core'
import type { Batch, Batches, Cursor, Examples } from '@resfn/batches'
import { accuracy, meanLoss, noScore } from '@resfn/losses'
import { dispose } from '@resfn/tree'
import {
  BatchError,
  checkedStep,
  checkRunForm,
  type EpochRecord,
  type Learning,
  type Run,
  takeStep,
  weightsOf,
} from '@resfn/step'
import { bestEpoch } from './best-epoch.ts'
import { checkStart, checkTraining, iteratorOf } from './check-training.ts'
import { evaluate, evaluationOf, look, type PredictionColumns } from './evaluate.ts'
import type { CheckpointEvent, TrainEvent } from './event.ts'
import { isDeviceLost, keepRun, type KeptRun } from './kept-run.ts'
import { nextTask } from './next-task.ts'
import { gathered, sideBySide } from './replicated.ts'

/**
 * The batches from a cursor on: those of the unbroken pass from there, in order, at least to the end of the last epoch.
 */
export type BatchesFrom = (start: Cursor) => Batches

/** A whole training: how the net learns, on what, for how long. */
export type Training<P, S> = Learning<P, S> & {
  /** The training batches from a cursor on. */
  readonly batches: BatchesFrom
  /** Passes over the training data. */
  readonly epochs: number
  /**
   * A new pass over the examples to evaluate after each epoch, with `weightsOf` the run; by default there is no
   * evaluation. Its first batch is also read before the first step, to check its form.
   */
  readonly evaluation?: () => AsyncIterable<Examples> | Iterable<Examples>
  /** A checkpoint event also comes after each multiple of this many steps; by default only after each epoch. */
  readonly checkpointSteps?: number
  /**
   * Training ends after so many epochs in a row without a better evaluation; by default it goes on to the last epoch.
   * It needs an `evaluation`.
   */
  readonly patience?: number
  /**
   * Is given the first step and the first batch of the evaluation, as a pure computation, before they are done:
   * `compilePrograms` of `@resfn/runtime`, which lets a GPU compile what they need side by side.
   */
  readonly prepare?: (compute: () => TensorContainer) => Promise<unknown>
  /** An AbortSignal: when it aborts, training stops after the current step, with a checkpoint. */
  readonly signal?: { readonly aborted: boolean }
}

/**
 * Trains: takes a run from its next batch to the end of the last epoch, and reports in events. One step is
 * `gradient of loss -> optimiser -> running statistics`; see `takeStep`. The sequence of runs depends on nothing but
 * the first run and the training, so a run that was interrupted and restored from its checkpoint ends at exactly the
 * same parameters.
 *
 * With `replicas`, each of them calls `train` with an equal run and its own shard of batches and evaluation, and gets
 * the same events, about all of them: only the times differ. A signal that aborts on one of them stops all at the same
 * step.
 *
 * Memory: the generator owns the run. A run in a checkpoint event is lent until the next event is asked for; the one in
 * `done` is handed over. On WebGL and WebGPU, whose device may be lost, the host keeps a copy of the run from the start
 * and from each epoch and multiple of `checkpointSteps`; the `lost` event gives it. If the loop over the events is left
 * early, or an error is thrown, the generator frees it.
 *
 * @param training see `Training`
 * @param first where to start: `startRun(…)`, or a run restored from a checkpoint; it must not be used afterwards
 * @returns `step` events, for each epoch `epoch`, `evaluation` and `checkpoint`, and one `done`. An interrupted
 * evaluation is done again, with its `epoch` event, when the run is resumed.
 * @throws OptionsError if an option is unknown, missing or of a wrong form
 * @throws RunError with the path of a tensor of the run that is missing, disposed, or of another net
 * @throws NotFiniteError when loss or gradients overflow; a checkpoint event with the run before that step comes first
 * @throws the error of the backend when its device is lost, after a `lost` event
 * @throws BatchError if a batch does not fit the net, or the batches end too early or are not those asked for; a last
 * batch of one example that the net cannot train on is found before the first step, if `batches` gives its `sizes`
 * @throws ShapeError with the path of the layer that cannot take the images
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { sequential } from '@resfn/layer'
 * import { train } from '@resfn/loop'
 * import { crossEntropy } from '@resfn/losses'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { constantRate } from '@resfn/schedules'
 * import { startRun } from '@resfn/step'
 *
 * async function* batches(start: { readonly epoch: number }) {
 *   for (let epoch = start.epoch; ; epoch++)
 *     yield { images: new Float32Array([1, -1]), shape: [2, 1], labels: new Int32Array([0, 1]), cursor: { epoch, batch: 0 }, next: { epoch: epoch + 1, batch: 0 } }
 * }
 * const net = sequential({ fc: dense({ out: 2 }) })
 * const optimiser = sgd({ momentum: 0.9 })
 * const run = startRun(net, { optimiser, key: key(0), input: [1] })
 * for await (const event of train({ net, loss: crossEntropy(), optimiser, schedule: constantRate(0.5), batches, epochs: 20 }, run))
 *   if (event.type === 'done') assert.equal(event.run.history.at(-1)!.training.accuracy, 1)
 * ```
 */
export async function* train<P, S>(
  training: Training<P, S>,
  first: Run<P, S>,
): AsyncGenerator<TrainEvent<P, S>, void, undefined> {
  const { batches, checkpointSteps, epochs, patience = Infinity, replicas, signal } = training
  let run = first
  let owned = true
  let source: AsyncIterator<Batch> | undefined
  let kept: KeptRun<P, S> | undefined
  // Replicas stop where all of them know it: at the end of a step, or in an evaluation.
  let agreed = false
  const isStopped = (): boolean => (replicas === undefined ? signal?.aborted === true : agreed)
  const checkpoint = (reason: CheckpointEvent<P, S>['reason']): CheckpointEvent<P, S> => ({
    type: 'checkpoint',
    reason,
    run,
  })
  try {
    checkTraining(training)
    checkRunForm(first)
    const advanceBy = checkedStep(training)
    const given = batches(run.cursor)
    source = iteratorOf('batches', given) as AsyncIterator<Batch>
    let isFirst = true
    let predictions: PredictionColumns | undefined
    for (;;) {
      if (isEpochOver(run) && !isStopped()) {
        const record = recordOf(training, run)
        yield {
          type: 'epoch',
          epoch: record.epoch,
          step: run.step,
          examples: run.score.examples,
          ...record.training,
          learningRate: record.learningRate,
        }
        const started = util.now()
        const evaluation = await evaluateUnlessAborted(training, run)
        if (evaluation === 'aborted') agreed = true
        else {
          if (evaluation !== undefined) {
            const { predictions: columns, ...numbers } = evaluation
            predictions = columns
            yield {
              type: 'evaluation',
              epoch: record.epoch,
              step: run.step,
              seconds: (util.now() - started) / 1000,
              ...numbers,
            }
          }
          const evaluated =
            evaluation === undefined ? {} : { evaluation: { loss: evaluation.loss, accuracy: evaluation.accuracy } }
          run = { ...run, score: noScore, history: [...run.history, { ...record, ...evaluated }] }
          kept = await keepRun(run)
          yield { ...checkpoint('epoch'), isBest: bestEpoch(run.history) === record.epoch }
        }
      }
      const isStalled = epochsWithoutGain(run.history) >= patience
      const isFinished = (run.cursor.epoch >= epochs || isStalled) && !isEpochOver(run)
      if (isFinished || isStopped()) {
        if (!isFinished) yield checkpoint('aborted')
        owned = false
        yield {
          type: 'done',
          reason: !isFinished ? 'aborted' : run.cursor.epoch < epochs ? 'no gain' : 'finished',
          run,
          ...(predictions !== undefined && { predictions }),
        }
        return
      }
      let started = util.now()
      const batch = await nextBatch(source, run.cursor)
      if (isFirst) {
        const examples = await checkStart(training, run, batch, given.sizes)
        kept = await keepRun(run)
        await training.prepare?.(() => rehearsal(training, run, batch, examples))
        isFirst = false
        started = util.now()
      }
      const stepped = await advanceBy(run, batch, signal)
      if ('error' in stepped) {
        yield checkpoint('not finite')
        throw stepped.error
      }
      const { cursor } = run
      run = stepped.run
      agreed = stepped.isStopped
      const seconds = (util.now() - started) / 1000
      yield {
        type: 'step',
        ...cursor,
        step: run.step,
        ...stepped.numbers,
        seconds,
        examplesPerSecond: stepped.numbers.examples / seconds,
      }
      if (checkpointSteps !== undefined && run.step % checkpointSteps === 0 && !isEpochOver(run)) {
        kept = await keepRun(run)
        yield checkpoint('steps')
      }
      await nextTask()
    }
  } catch (error) {
    if (kept !== undefined && isDeviceLost(error)) yield { type: 'lost', error, ...kept }
    throw error
  } finally {
    await source?.return?.()
    if (owned) dispose(run)
  }
}

/**
 * The last batch of an epoch was taken, and the epoch is not in the history yet. Follows from the run alone, so that a
 * restored run knows it too.
 */
const isEpochOver = <P, S>({ cursor, score }: Run<P, S>): boolean => cursor.batch === 0 && score.examples > 0

/** Epochs since the best evaluation; 0 where there was none. */
const epochsWithoutGain = (history: readonly EpochRecord[]): number => {
  const best = bestEpoch(history)
  return best === undefined ? 0 : history.at(-1)!.epoch - best
}

const recordOf = <P, S>({ schedule }: Training<P, S>, { cursor, score, step }: Run<P, S>): EpochRecord => ({
  epoch: cursor.epoch - 1,
  step,
  learningRate: schedule(step - 1),
  training: { loss: meanLoss(score), accuracy: accuracy(score) },
})

/** A step on a batch and a prediction of examples, which change nothing. */
const rehearsal = <P, S>(
  training: Training<P, S>,
  run: Run<P, S>,
  batch: Batch,
  examples: Examples | undefined,
): TensorContainer => {
  const { loss } = takeStep(training)(run, batch)
  if (examples === undefined) return loss
  const { params, state } = weightsOf(run)
  return [loss, training.net.apply(params, tensor(examples.images, [...examples.shape], 'float32'), state)]
}

class Aborted extends Error {}

const evaluateUnlessAborted = async <P, S>(
  { evaluation, net, replicas, signal }: Training<P, S>,
  run: Run<P, S>,
): Promise<Awaited<ReturnType<typeof evaluate>> | 'aborted' | undefined> => {
  if (evaluation === undefined) return undefined
  const isStopped = (): boolean => signal?.aborted === true
  const stop = (): never => {
    throw new Aborted()
  }
  async function* unlessStopped(): AsyncGenerator<Examples> {
    for await (const examples of evaluation!()) yield isStopped() ? stop() : examples
  }
  const { params, state } = weightsOf(run)
  const predict = (x: Tensor): Tensor => net.apply(params, x, state)
  try {
    if (replicas === undefined) return await evaluate(predict, unlessStopped())
    const own = await look(predict, sideBySide(replicas, evaluation(), { isStopped, stop }))
    return evaluationOf(await gathered(replicas, own))
  } catch (error) {
    if (error instanceof Aborted) return 'aborted'
    throw error
  }
}

const nextBatch = async (source: AsyncIterator<Batch>, { epoch, batch }: Cursor): Promise<Batch> => {
  const result = await source.next()
  if (result.done === true)
    throw new BatchError(
      `the batches ended before batch ${batch} of epoch ${epoch}; give batches up to the last epoch, or train for fewer epochs`,
    )
  const { cursor, next } = result.value
  if (cursor === undefined || next === undefined)
    throw new BatchError(
      'a batch for training must have cursor and next, its place in the data; @resfn/batches gives them',
    )
  if (cursor.epoch !== epoch || cursor.batch !== batch)
    throw new BatchError(
      `the batches gave batch ${cursor.batch} of epoch ${cursor.epoch} where batch ${batch} of epoch ${epoch} was due; start them at the cursor they are given`,
    )
  return result.value
}
