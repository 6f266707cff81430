import type { Rule } from '@resfn/options'
import type { Labels } from './labels.ts'
import { LossError } from './loss-error.ts'

/** The rule of weights of classes. */
export const classWeights: Rule = {
  must: 'a list of numbers of at least 0, one a class',
  holds: (value) => Array.isArray(value) && value.every((weight) => Number.isFinite(weight) && weight >= 0),
}

/** Throws unless there is a weight for each class. */
export const checkWeights = (where: string, weights: readonly number[], classes: number): void => {
  if (weights.length !== classes)
    throw new LossError(`${where}: there are ${weights.length} weights and ${classes} classes; give one a class`)
}

/**
 * Weights that let all classes count alike, however many examples each has: `examples / (classes * examples of the
 * class)`, as scikit-learn's `class_weight='balanced'`. A class without an example has the weight 0.
 *
 * @param labels of the training set
 * @param classes the number of classes
 * @returns one weight a class; their mean over the examples is 1
 * @throws LossError if a label is not a class
 * @see scikit-learn, `sklearn.utils.class_weight.compute_class_weight`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { balancedWeights } from '@resfn/losses'
 *
 * assert.deepEqual(balancedWeights(new Uint8Array([0, 0, 0, 1]), 2), [4 / 6, 2])
 * ```
 */
export const balancedWeights = (labels: Labels, classes: number): readonly number[] => {
  const counts = new Array<number>(classes).fill(0)
  labels.forEach((label) => {
    if (counts[label] === undefined)
      throw new LossError(`balancedWeights: a label is ${label}, but the classes are 0 to ${classes - 1}`)
    counts[label]! += 1
  })
  return counts.map((count) => (count === 0 ? 0 : labels.length / (classes * count)))
}
