import type { Tensor } from '@tensorflow/tfjs-core'
import type { Batch } from '@resfn/batches'
import { topCorrect } from '@resfn/losses'
import { advance, dispose } from '@resfn/tree'
import type { Run } from './run.ts'
import { type Learned, type Learning, takeStep } from './step.ts'

/** What ends a training after the current step. */
export type Signal = { readonly aborted: boolean }

/** A step, with its numbers read back. */
export type FoundStep<P, S> = {
  readonly learned: Learned<P, S>
  /** The mean over the examples. */
  readonly loss: number
  readonly gradientNorm: number
  readonly examples: number
  /** How many of them were predicted right. */
  readonly correct: number
  /** Whether the signal has ended the training, on any replica. */
  readonly isStopped: boolean
}

/** Finds the next step of a run; its tensors beside `learned` are freed, and the run stays as it is. */
export type FindStep<P, S> = (
  run: Run<P, S>,
  batch: Batch,
  given: { readonly classes: number; readonly signal: Signal | undefined },
) => Promise<FoundStep<P, S>>

/** The values of a tensor. */
export const numbersOf = (tensor: Tensor): Promise<Float32Array> => tensor.data() as Promise<Float32Array>

/** The value of a scalar. */
export const numberOf = async (tensor: Tensor): Promise<number> => (await numbersOf(tensor))[0] ?? Number.NaN

/** How many logits are highest at the label. */
export const correctOf = (values: Float32Array, classes: number, labels: Int32Array): number =>
  topCorrect(1)({ values, classes }, labels)

/** The step of one process, of which nothing is waited for until all of it is under way. */
export const singleStep = <P, S>(learning: Learning<P, S>): FindStep<P, S> => {
  const step = takeStep(learning)
  return async (run, batch, { classes, signal }) => {
    const { learned, ...tensors } = step(run, batch)
    try {
      const [loss, logits, gradientNorm] = await Promise.all([
        numberOf(tensors.loss),
        numbersOf(tensors.logits),
        numberOf(tensors.gradientNorm),
      ])
      const correct = correctOf(logits, classes, batch.labels)
      return {
        learned,
        loss,
        gradientNorm,
        examples: batch.labels.length,
        correct,
        isStopped: signal?.aborted === true,
      }
    } catch (error) {
      advance<unknown>(learned, () => run)
      throw error
    } finally {
      dispose(tensors)
    }
  }
}
