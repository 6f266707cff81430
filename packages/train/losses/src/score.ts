import type { Labels } from './labels.ts'
import type { Predictions } from './predictions.ts'

/**
 * Counts from which mean loss and accuracy follow; scores of batches are added to the score of a pass. Plain data: it
 * survives JSON unchanged.
 */
export type Score = {
  /** examples seen */
  readonly examples: number
  /** how many of them were predicted right */
  readonly correct: number
  /** the sum of their losses, in nats */
  readonly loss: number
}

/** The score of no example. */
export const noScore: Score = { examples: 0, correct: 0, loss: 0 }

/**
 * The score of a batch.
 *
 * @param predictions see `predictions`
 * @param labels one an example
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { predictions, scoreOf } from '@resfn/losses'
 *
 * const labels = new Int32Array([1, 1])
 * const score = scoreOf(predictions({ values: new Float32Array([0, 9, 9, 0]), classes: 2 }, labels), labels)
 * assert.equal(score.correct, 1)
 * ```
 */
export const scoreOf = ({ predicted, losses }: Predictions, labels: Labels): Score => ({
  examples: labels.length,
  correct: predicted.reduce((count, each, i) => (each === labels[i] ? count + 1 : count), 0),
  loss: losses.reduce((sum, loss) => sum + loss, 0),
})

/**
 * The score of two sets of examples together.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { addScores, noScore } from '@resfn/losses'
 *
 * assert.deepEqual(addScores({ examples: 2, correct: 1, loss: 3 }, noScore), { examples: 2, correct: 1, loss: 3 })
 * ```
 */
export const addScores = (a: Score, b: Score): Score => ({
  examples: a.examples + b.examples,
  correct: a.correct + b.correct,
  loss: a.loss + b.loss,
})

/**
 * The part of the examples predicted right, from 0 to 1; NaN without examples.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { accuracy } from '@resfn/losses'
 *
 * assert.equal(accuracy({ examples: 4, correct: 3, loss: 2 }), 0.75)
 * ```
 */
export const accuracy = ({ correct, examples }: Score): number => correct / examples

/**
 * The mean loss of the examples, in nats; NaN without examples.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { meanLoss } from '@resfn/losses'
 *
 * assert.equal(meanLoss({ examples: 4, correct: 3, loss: 2 }), 0.5)
 * ```
 */
export const meanLoss = ({ loss, examples }: Score): number => loss / examples
