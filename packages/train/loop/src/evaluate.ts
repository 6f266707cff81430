import type { Examples } from '@resfn/batches'
import {
  accuracy,
  type ClassScore,
  confusion,
  type Confusion,
  labelRanks,
  meanLoss,
  perClass,
  predictions,
  type Score,
  scoreOf,
} from '@resfn/losses'
import { BatchError } from '@resfn/step'
import { logitsOfEach, type Predict } from './logits.ts'
import { nextTask } from './next-task.ts'

/** How good a net is on some examples. Plain data. */
export type Evaluation = {
  readonly examples: number
  /** Mean cross-entropy in nats, without label smoothing. NaN or infinite if the net has diverged. */
  readonly loss: number
  /** The part predicted right, from 0 to 1. */
  readonly accuracy: number
  /** Recall, precision and F1 of each class. */
  readonly perClass: readonly ClassScore[]
  /** `confusion[label][predicted]` */
  readonly confusion: Confusion
}

/** The predictions of a whole pass in its order, in columns: 16 bytes an example. */
export type PredictionColumns = {
  readonly labels: Int32Array
  readonly predicted: Int32Array
  /** Of the predicted class. */
  readonly probabilities: Float32Array
  /** How many classes come before the label: 0 where it is predicted. */
  readonly ranks: Int32Array
}

/**
 * Loss, accuracy, scores per class and confusion of a net on examples, and its predictions.
 *
 * Memory: where the backend has none left for a batch (an error with the tag `OutOfMemory`), the batch is halved until
 * it fits.
 *
 * @param predict the net; see `Predict`
 * @param batches examples in any number of batches; the result does not depend on how they are cut
 * @returns the evaluation, and the `predictions` of the pass in columns, 16 bytes an example
 * @throws BatchError if a batch does not fit itself or the net, or there is none
 * @throws LossError if a label is not a class
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { evaluate } from '@resfn/loop'
 *
 * const examples = [{ images: new Float32Array([0, 2, 1, 0]), shape: [2, 2], labels: new Int32Array([1, 1]) }]
 * const { accuracy, confusion, predictions } = await evaluate((x) => x, examples)
 * assert.equal(accuracy, 0.5)
 * assert.deepEqual(confusion, [[0, 0], [1, 1]])
 * assert.deepEqual([...predictions.predicted], [1, 0])
 * ```
 */
export const evaluate = async (
  predict: Predict,
  batches: AsyncIterable<Examples> | Iterable<Examples>,
): Promise<Evaluation & { readonly predictions: PredictionColumns }> => evaluationOf([await look(predict, batches)])

/** What a net said of the examples of a pass, or of a rank's part of it. */
export type Looked = {
  readonly predictions: PredictionColumns
  /** The sum over the examples. */
  readonly loss: number
  /** 0 where there was no example. */
  readonly classes: number
}

/** Lets a net predict a pass. */
export const look = async (
  predict: Predict,
  batches: AsyncIterable<Examples> | Iterable<Examples>,
): Promise<Looked> => {
  let [loss, classes] = [0, 0]
  const columns: PredictionColumns[] = []
  for await (const { logits, labels } of logitsOfEach(predict, batches)) {
    const said = predictions(logits, labels)
    loss += scoreOf(said, labels).loss
    classes = logits.classes
    const ranks = labelRanks(logits, labels)
    columns.push({ labels: labels.slice(), predicted: said.predicted, probabilities: said.probabilities, ranks })
    await nextTask()
  }
  return { predictions: joined(columns), loss, classes }
}

/** What the parts of a pass come to, one after the other. */
export const evaluationOf = (parts: readonly Looked[]): Evaluation & { readonly predictions: PredictionColumns } => {
  const columns = joined(parts.map((part) => part.predictions))
  const examples = columns.labels.length
  if (examples === 0) throw new BatchError('evaluate: there was no batch; is the set empty?')
  const counts = confusion(Math.max(...parts.map(({ classes }) => classes)))(columns.labels, columns.predicted)
  const score: Score = {
    examples,
    correct: counts.reduce((sum, row, label) => sum + row[label]!, 0),
    loss: parts.reduce((sum, { loss }) => sum + loss, 0),
  }
  return {
    examples,
    loss: meanLoss(score),
    accuracy: accuracy(score),
    perClass: perClass(counts),
    confusion: counts,
    predictions: columns,
  }
}

const joined = (columns: readonly PredictionColumns[]): PredictionColumns => {
  const examples = columns.reduce((sum, { labels }) => sum + labels.length, 0)
  const labels = new Int32Array(examples)
  const predicted = new Int32Array(examples)
  const probabilities = new Float32Array(examples)
  const ranks = new Int32Array(examples)
  let from = 0
  for (const part of columns) {
    labels.set(part.labels, from)
    predicted.set(part.predicted, from)
    probabilities.set(part.probabilities, from)
    ranks.set(part.ranks, from)
    from += part.labels.length
  }
  return { labels, predicted, probabilities, ranks }
}
