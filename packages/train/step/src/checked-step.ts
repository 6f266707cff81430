import type { Batch } from '@resfn/batches'
import { checkOptions, numberFrom } from '@resfn/options'
import { sameShape, type Shape } from '@resfn/layer'
import { addScores } from '@resfn/losses'
import { advance } from '@resfn/tree'
import { checkExamples, checkRun } from './check.ts'
import { NotFiniteError } from './error.ts'
import { type Signal, singleStep } from './find-step.ts'
import { replicatedStep } from './replicated-step.ts'
import type { Run } from './run.ts'
import type { Learning } from './step.ts'

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
  | {
      readonly run: Run<P, S>
      readonly numbers: StepNumbers
      /** Whether the signal has aborted; replicas agree on it at the same step. */
      readonly isStopped: boolean
    }
  | { readonly error: NotFiniteError }

/**
 * A step that checks its batch and its result. It frees the tensors of the old run that the new run does not share. If
 * loss or gradients are not finite, it frees the new run instead, and the old run stays as it was.
 *
 * With `replicas`, the batch is the share of this one; gradients, statistics and numbers are those of the whole batch,
 * so that all replicas make the same update.
 *
 * @param learning see `Learning`
 * @returns a function of a run, which it takes over, a batch, and the signal that may end the training
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
): ((run: Run<P, S>, batch: Batch, signal?: Signal) => Promise<CheckedStep<P, S>>) => {
  const find = learning.replicas === undefined ? singleStep(learning) : replicatedStep(learning, learning.replicas)
  let planned: { readonly sample: Shape; readonly classes: number } | undefined
  return async (run, batch, signal) => {
    checkExamples(batch)
    const sample = batch.shape.slice(1)
    if (planned === undefined || !sameShape(planned.sample, sample))
      planned = { sample, classes: checkRun(learning.net, run, sample) }
    const { classes } = planned

    const learningRate = learning.schedule(run.step)
    checkOptions(`the schedule at step ${run.step}`, { rate: learningRate }, { rate: numberFrom(0) })
    // The numbers are here before the old run is freed: it is the last good one if these are not finite.
    const { learned, loss, gradientNorm, examples, correct, isStopped } = await find(run, batch, { classes, signal })
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      advance<unknown>(learned, () => run)
      return { error: new NotFiniteError({ step: run.step + 1, loss, gradientNorm, learningRate }) }
    }
    const score = addScores(run.score, { examples, correct, loss: loss * examples })
    return {
      run: advance(run, () => ({ ...run, ...learned, cursor: batch.next, score })),
      numbers: { examples, loss, accuracy: correct / examples, gradientNorm, learningRate },
      isStopped,
    }
  }
}
