import type { Tensor } from '@tensorflow/tfjs-core'
import type { Batch } from '@resfn/batches'
import { checkOptions, numberFrom } from '@resfn/options'
import { sameShape, type Shape } from '@resfn/layer'
import { addScores, topCorrect } from '@resfn/losses'
import { advance, dispose } from '@resfn/tree'
import { checkExamples, checkRun } from './check.ts'
import { NotFiniteError } from './error.ts'
import type { Run } from './run.ts'
import { type Learning, takeStep } from './step.ts'

/** The numbers of one step, all from before the update. */
export type StepNumbers = {
  /** Examples in the batch. */
  readonly examples: number
  /** The value of the loss. */
  readonly loss: number
  /** The part of the batch that was predicted right. */
  readonly accuracy: number
  /** The norm of all gradients together. */
  readonly gradientNorm: number
  readonly learningRate: number
}

/** The run after a step with the numbers of the step, or the error that ended it. */
export type CheckedStep<P, S> =
  | { readonly run: Run<P, S>; readonly numbers: StepNumbers }
  | { readonly error: NotFiniteError }

/**
 * A step that checks its batch and its result. It frees the tensors of the old run that the new run does not share. If
 * loss or gradients are not finite, it frees the new run instead, and the old run stays as it was.
 *
 * @param learning see `takeStep`
 * @returns a function of a run, which it takes over, and a batch
 * @throws RunError if a tensor of the run is missing, disposed, or of another net
 * @throws OptionsError if the schedule does not give a learning rate
 * @throws BatchError if the batch does not fit itself, the net or the parameters
 * @throws ShapeError with the path of the layer that cannot take the images
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { crossEntropy } from '@resfn/losses'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { constantRate } from '@resfn/schedules'
 * import { checkedStep, startRun } from '@resfn/step'
 *
 * const net = dense({ out: 2 })
 * const step = checkedStep({ net, loss: crossEntropy(), optimiser: sgd(), schedule: constantRate(0.1) })
 * const examples = { images: new Float32Array(3), shape: [1, 3], labels: new Int32Array([1]) }
 * const batch = { ...examples, cursor: { epoch: 0, batch: 0 }, next: { epoch: 1, batch: 0 } }
 * const result = await step(startRun(net, { optimiser: sgd(), key: key(0), input: [3] }), batch)
 * assert.ok('run' in result)
 * assert.deepEqual([result.run.cursor, result.numbers.examples], [{ epoch: 1, batch: 0 }, 1])
 * ```
 */
export const checkedStep = <P, S>(
  learning: Learning<P, S>,
): ((run: Run<P, S>, batch: Batch) => Promise<CheckedStep<P, S>>) => {
  const step = takeStep(learning)
  let planned: { readonly sample: Shape; readonly classes: number } | undefined
  return async (run, batch) => {
    checkExamples(batch)
    const sample = batch.shape.slice(1)
    if (planned === undefined || !sameShape(planned.sample, sample))
      planned = { sample, classes: checkRun(learning.net, run, sample) }
    const { classes } = planned

    const learningRate = learning.schedule(run.step)
    checkOptions(`the schedule at step ${run.step}`, { rate: learningRate }, { rate: numberFrom(0) })
    const { learned, ...tensors } = step(run, batch)
    const takeBack = (): void => void advance<unknown>(learned, () => run)
    // Read back before the old run is freed: it is the last good one if these are not finite.
    const [[loss], values, [gradientNorm]] = await Promise.all([
      numbersOf(tensors.loss),
      numbersOf(tensors.logits),
      numbersOf(tensors.gradientNorm),
    ])
      .catch((error: unknown) => {
        takeBack()
        throw error
      })
      .finally(() => dispose(tensors))
    if (loss === undefined || gradientNorm === undefined || !Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      takeBack()
      return {
        error: new NotFiniteError({
          step: run.step + 1,
          loss: loss ?? Number.NaN,
          gradientNorm: gradientNorm ?? Number.NaN,
          learningRate,
        }),
      }
    }
    const examples = batch.labels.length
    const correct = topCorrect(1)({ values, classes }, batch.labels)
    const score = addScores(run.score, { examples, correct, loss: loss * examples })
    return {
      run: advance(run, () => ({ ...run, ...learned, cursor: batch.next, score })),
      numbers: { examples, loss, accuracy: correct / examples, gradientNorm, learningRate },
    }
  }
}

const numbersOf = (tensor: Tensor): Promise<Float32Array> => tensor.data() as Promise<Float32Array>
