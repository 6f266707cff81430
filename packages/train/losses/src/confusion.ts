import type { Labels } from './labels.ts'
import { LossError } from './loss-error.ts'

/** How often each class was predicted as each: `counts[label][predicted]`. Plain data. */
export type Confusion = readonly (readonly number[])[]

/** How well one class is separated from the others; a rate is NaN where it would divide by 0 examples. */
export type ClassScore = {
  /** examples of the class */
  readonly examples: number
  /** of the examples of the class, the part predicted as it */
  readonly recall: number
  /** of the examples predicted as the class, the part that is of it */
  readonly precision: number
  /** the harmonic mean of precision and recall */
  readonly f1: number
}

/**
 * Counts labels against predicted classes.
 *
 * @param classes the number of classes
 * @returns a function of labels and predicted classes (one each an example) to their counts; add those of batches with
 * `addConfusions`
 * @throws LossError if the lengths differ or an index is not a class
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { confusion } from '@resfn/losses'
 *
 * assert.deepEqual(confusion(2)(new Int32Array([0, 0, 1]), new Int32Array([0, 1, 1])), [[1, 1], [0, 1]])
 * ```
 */
export const confusion =
  (classes: number): ((labels: Labels, predicted: Labels) => Confusion) =>
  (labels, predicted) => {
    if (labels.length !== predicted.length)
      throw new LossError(`confusion: there are ${labels.length} labels and ${predicted.length} predictions`)
    const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
    labels.forEach((label, i) => {
      const row = counts[label]
      const before = row?.[predicted[i]!]
      if (before === undefined)
        throw new LossError(
          `confusion: example ${i} has label ${label} and prediction ${predicted[i]}, but the classes are 0 to ${classes - 1}`,
        )
      row![predicted[i]!] = before + 1
    })
    return counts
  }

/**
 * The counts of two sets of examples together.
 *
 * @throws LossError if the numbers of classes differ
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { addConfusions } from '@resfn/losses'
 *
 * assert.deepEqual(addConfusions([[1, 1], [0, 1]], [[1, 0], [0, 0]]), [[2, 1], [0, 1]])
 * ```
 */
export const addConfusions = (a: Confusion, b: Confusion): Confusion => {
  if (a.length !== b.length) throw new LossError(`addConfusions: ${a.length} classes against ${b.length}`)
  return a.map((row, label) => row.map((count, predicted) => count + b[label]![predicted]!))
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/**
 * Recall, precision and F1 of each class.
 *
 * @param counts see `confusion`
 * @returns one entry a class, in the order of the classes
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { perClass } from '@resfn/losses'
 *
 * assert.deepEqual(perClass([[1, 1], [0, 2]])[0], { examples: 2, recall: 0.5, precision: 1, f1: 2 / 3 })
 * ```
 */
export const perClass = (counts: Confusion): readonly ClassScore[] =>
  counts.map((row, label) => {
    const right = row[label]!
    const examples = total(row)
    const predicted = total(counts.map((other) => other[label]!))
    return {
      examples,
      recall: right / examples,
      precision: right / predicted,
      f1: (2 * right) / (examples + predicted),
    }
  })
