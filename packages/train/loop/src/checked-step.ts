import type { Tensor } from '@tensorflow/tfjs-core'
import { sameShape, type Shape } from '@resfn/layer'
import { addScores, topCorrect } from '@resfn/losses'
import { advance, dispose } from '@resfn/tree'
import type { Batch } from './batch.ts'
import { checkClasses, checkExamples, checkNet } from './check.ts'
import { NotFiniteError } from './error.ts'
import type { StepEvent } from './event.ts'
import type { Run } from './run.ts'
import { type Learning, takeStep } from './step.ts'

/** What a step event says of the batch. */
type Numbers = Pick<StepEvent, 'examples' | 'loss' | 'accuracy' | 'gradientNorm' | 'learningRate'>

/** The run after a step, or why there is none. */
export type Advanced<P, S> = { readonly run: Run<P, S>; readonly numbers: Numbers } | { readonly error: NotFiniteError }

/** A step with its checks; what the old run does not share with the new one is freed, or, when the step came to nothing, the new one. */
export const checkedStep = <P, S>(
  learning: Learning<P, S>,
): ((run: Run<P, S>, batch: Batch) => Promise<Advanced<P, S>>) => {
  const step = takeStep(learning)
  let planned: { readonly sample: Shape; readonly classes: number } | undefined
  return async (run, batch) => {
    checkExamples(batch)
    const sample = batch.shape.slice(1)
    if (planned === undefined || !sameShape(planned.sample, sample))
      planned = { sample, classes: checkNet(learning.net, run.params, sample) }
    const { classes } = planned
    checkClasses(batch.labels, classes)

    const learningRate = learning.schedule(run.step)
    const { learned, ...tensors } = step(run, batch)
    // Read back before the old run is freed: it is the last good one if these are not finite.
    const [[loss], values, [gradientNorm]] = await Promise.all([
      numbersOf(tensors.loss),
      numbersOf(tensors.logits),
      numbersOf(tensors.gradientNorm),
    ])
    dispose(tensors)
    if (loss === undefined || gradientNorm === undefined || !Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      advance<unknown>(learned, () => run)
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
