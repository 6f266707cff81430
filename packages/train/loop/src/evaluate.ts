import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import type { Examples } from '@resfn/batches'
import {
  accuracy,
  addConfusions,
  addScores,
  type ClassScore,
  confusion,
  type Confusion,
  meanLoss,
  noScore,
  perClass,
  predictions,
  scoreOf,
} from '@resfn/losses'
import { BatchError, checkExamples } from '@resfn/step'
import { nextTask } from './next-task.ts'

/** How good a net is on some examples. Plain data. */
export type Evaluation = {
  readonly examples: number
  /** mean cross-entropy, in nats, without label smoothing */
  readonly loss: number
  /** the part predicted right, from 0 to 1 */
  readonly accuracy: number
  /** recall, precision and F1 of each class */
  readonly perClass: readonly ClassScore[]
  /** `confusion[label][predicted]` */
  readonly confusion: Confusion
}

/** What the net says of one example: `index` counts the examples of the pass from 0, `probability` is that of the predicted class. */
export type Prediction = {
  readonly index: number
  readonly label: number
  readonly predicted: number
  readonly probability: number
}

/** A net as evaluation sees it, from a batch `[batch, ...input]` to logits `[batch, classes]`: `(x) => net.apply(params, x, state)`. */
export type Predict = (x: Tensor) => Tensor

type BatchResult = { readonly classes: number; readonly predictions: readonly Prediction[] } & Pick<
  Evaluation,
  'confusion'
> & { readonly score: typeof noScore }

async function* results(
  predict: Predict,
  batches: AsyncIterable<Examples> | Iterable<Examples>,
): AsyncGenerator<BatchResult> {
  let index = 0
  for await (const batch of batches) {
    checkExamples(batch)
    const logits = tidy(() => predict(tensor(batch.images, [...batch.shape], 'float32')))
    const [count, classes] = logits.shape
    if (logits.rank !== 2 || count !== batch.labels.length || classes === undefined) {
      logits.dispose()
      throw new BatchError(
        `evaluate: the net gives [${logits.shape.join(',')}] for ${batch.labels.length} examples; it must give logits [batch,classes]`,
      )
    }
    const values = (await logits.data()) as Float32Array
    logits.dispose()
    const { labels } = batch
    const said = predictions({ values, classes }, labels)
    yield {
      classes,
      score: scoreOf(said, labels),
      confusion: confusion(classes)(labels, said.predicted),
      predictions: Array.from(labels, (label, i) => ({
        index: index + i,
        label,
        predicted: said.predicted[i]!,
        probability: said.probabilities[i]!,
      })),
    }
    index += labels.length
    await nextTask()
  }
}

/**
 * What a net says of each example, batch after batch as it comes: for galleries of mistakes and for other metrics.
 *
 * @param predict the net; see `Predict`
 * @param batches examples in any number of batches
 * @throws BatchError or LossError if a batch does not fit itself or the net
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { predictionsOf } from '@resfn/loop'
 *
 * const examples = [{ images: new Float32Array([0, 2, 1, 0]), shape: [2, 2], labels: new Int32Array([1, 1]) }]
 * const said = []
 * for await (const prediction of predictionsOf((x) => x, examples)) said.push(prediction)
 * assert.deepEqual(said.map(({ label, predicted }) => [label, predicted]), [[1, 1], [1, 0]])
 * ```
 */
export async function* predictionsOf(
  predict: Predict,
  batches: AsyncIterable<Examples> | Iterable<Examples>,
): AsyncGenerator<Prediction> {
  for await (const result of results(predict, batches)) yield* result.predictions
}

/**
 * Loss, accuracy, scores per class and confusion of a net on examples.
 *
 * @param predict the net; see `Predict`
 * @param batches examples in any number of batches; the result does not depend on how they are cut
 * @throws BatchError if a batch does not fit itself or the net, or there is none
 * @throws LossError if a label is no class
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { evaluate } from '@resfn/loop'
 *
 * const examples = [{ images: new Float32Array([0, 2, 1, 0]), shape: [2, 2], labels: new Int32Array([1, 1]) }]
 * const { accuracy, confusion } = await evaluate((x) => x, examples)
 * assert.equal(accuracy, 0.5)
 * assert.deepEqual(confusion, [[0, 0], [1, 1]])
 * ```
 */
export const evaluate = async (
  predict: Predict,
  batches: AsyncIterable<Examples> | Iterable<Examples>,
): Promise<Evaluation> => {
  let score = noScore
  let counts: Confusion | undefined
  for await (const result of results(predict, batches)) {
    score = addScores(score, result.score)
    counts = counts === undefined ? result.confusion : addConfusions(counts, result.confusion)
  }
  if (counts === undefined) throw new BatchError('evaluate: there was no batch; is the set empty?')
  return {
    examples: score.examples,
    loss: meanLoss(score),
    accuracy: accuracy(score),
    perClass: perClass(counts),
    confusion: counts,
  }
}
