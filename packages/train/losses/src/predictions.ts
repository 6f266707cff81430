import { checkOptions, wholeNumberFrom } from '@resfn/options'
import type { Labels } from './labels.ts'
import { LossError } from './loss-error.ts'

/** Logits as plain numbers: row `i` is `values[i * classes]` to `values[(i + 1) * classes - 1]`. */
export type Logits = { readonly values: Float32Array; readonly classes: number }

/** The predicted class of each example, its probability, and the cross-entropy against the label. */
export type Predictions = {
  /** the class of the largest logit; the first of equals */
  readonly predicted: Int32Array
  /** the softmax of that class, from 0 to 1 */
  readonly probabilities: Float32Array
  /** `log(sum(exp(x))) - x[label]`, in nats */
  readonly losses: Float64Array
}

/** Throws unless there is one label from 0 to classes - 1 for each row of logits. */
export const checkLabels = (where: string, { values, classes }: Logits, labels: Labels): void => {
  if (values.length !== labels.length * classes)
    throw new LossError(
      `${where}: ${labels.length} labels need ${labels.length * classes} logits for ${classes} classes, but there are ${values.length}`,
    )
  const at = labels.findIndex((label) => label < 0 || label >= classes)
  if (at >= 0)
    throw new LossError(
      `${where}: label ${at} is ${labels[at]}, but the classes are 0 to ${classes - 1}; was the net made for another number of classes?`,
    )
}

/**
 * The predicted classes, their probabilities and the losses of a batch, in double precision.
 *
 * @param logits `[batch, classes]` read back as plain numbers
 * @param labels one a row, from 0 to classes - 1
 * @throws LossError if the number of labels does not fit, or a label is not a class
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { predictions } from '@resfn/losses'
 *
 * const { predicted, probabilities } = predictions({ values: new Float32Array([0, 0, Math.log(2), 1, 0, 0]), classes: 3 }, new Int32Array([2, 1]))
 * assert.deepEqual([...predicted], [2, 0])
 * assert.equal(probabilities[0], 0.5)
 * ```
 */
export const predictions = (logits: Logits, labels: Labels): Predictions => {
  checkLabels('predictions', logits, labels)
  const { values, classes } = logits
  const predicted = new Int32Array(labels.length)
  const probabilities = new Float32Array(labels.length)
  const losses = new Float64Array(labels.length)
  labels.forEach((label, i) => {
    const row = values.subarray(i * classes, (i + 1) * classes)
    let best = 0
    for (let c = 1; c < classes; c++) if (row[c]! > row[best]!) best = c
    const largest = row[best]!
    let total = 0
    for (const x of row) total += Math.exp(x - largest)
    predicted[i] = best
    probabilities[i] = 1 / total
    losses[i] = Math.log(total) + largest - row[label]!
  })
  return { predicted, probabilities, losses }
}

/** The rank of a label whose logit is not a number: behind any class. */
const unranked = 2 ** 31 - 1

/**
 * How many classes each example has before its label: 0 where the label is the predicted class, below 5 where it is
 * among the five most probable. Of equal logits the first class comes first; a label whose logit is NaN is behind any
 * class.
 *
 * @param logits `[batch, classes]` read back as plain numbers
 * @param labels one a row, from 0 to classes - 1
 * @throws LossError if the number of labels does not fit, or a label is not a class
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { labelRanks } from '@resfn/losses'
 *
 * const logits = { values: new Float32Array([3, 2, 1, 3, 2, 1]), classes: 3 }
 * assert.deepEqual([...labelRanks(logits, new Int32Array([0, 2]))], [0, 2])
 * ```
 */
export const labelRanks = (logits: Logits, labels: Labels): Int32Array => {
  checkLabels('labelRanks', logits, labels)
  const { values, classes } = logits
  const ranks = new Int32Array(labels.length)
  labels.forEach((label, i) => {
    const row = values.subarray(i * classes, (i + 1) * classes)
    const own = row[label]!
    const ahead = row.reduce((count, x, c) => (x > own || (x === own && c < label) ? count + 1 : count), 0)
    ranks[i] = Number.isNaN(own) ? unranked : ahead
  })
  return ranks
}

/**
 * How many examples have their label among the `k` largest logits. Of equal logits the first class counts as larger.
 *
 * @param k a whole number from 1; from the number of classes on, every example counts
 * @returns a function of logits and labels to the number of examples; sum it over batches and divide by the number of
 * examples
 * @throws OptionsError if k is not a whole number from 1
 * @throws LossError if the number of labels does not fit, or a label is not a class
 * @see Russakovsky et al., "ImageNet large scale visual recognition challenge" (2015), section 4.1: the top-5 error
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { topCorrect } from '@resfn/losses'
 *
 * const logits = { values: new Float32Array([3, 2, 1, 3, 2, 1]), classes: 3 }
 * assert.equal(topCorrect(2)(logits, new Int32Array([1, 2])), 1)
 * ```
 */
export const topCorrect = (k: number): ((logits: Logits, labels: Labels) => number) => {
  checkOptions('topCorrect', { k }, { k: wholeNumberFrom(1) })
  return (logits, labels) => {
    checkLabels('topCorrect', logits, labels)
    return labelRanks(logits, labels).reduce((count, rank) => (rank < k ? count + 1 : count), 0)
  }
}
