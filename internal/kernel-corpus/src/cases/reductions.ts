import * as tf from '@tensorflow/tfjs-core'
import type { CorpusCase } from '../corpus-case.ts'
import { noise, values } from '../values.ts'

const shapes = [[2, 3, 5, 1], [3, 7, 5, 16], [1, 9, 9, 17], [40, 12, 12, 64], [33, 31, 17], [33, 20], [1], [1, 1]]

const alongAxes = (shape: readonly number[]): CorpusCase => {
  const compute = () => {
    // All of about one sign: a sum that is nearly 0 says nothing of its terms.
    const x = tf.add(noise(1, ...shape), 0.5)
    const axes = [...shape.keys()].slice(0, -1)
    const pixels = shape.length === 4 ? [1, 2] : [0]
    return {
      sum: tf.sum(x, axes),
      kept: tf.mean(x, axes, true),
      total: tf.sum(x),
      mean: tf.mean(x),
      last: tf.sum(x, -1),
      pixels: tf.mean(x, pixels),
      pixelsKept: tf.sum(x, pixels, true),
      largest: tf.max(x, axes),
      smallest: tf.min(x, -1),
      product: tf.prod(tf.add(x, 0.7), -1),
      where: tf.argMax(x, -1),
    }
  }
  return {
    name: `sums, means, largest and smallest of [${shape}]`,
    compute,
    // Plain JavaScript adds in float32, one value after the other.
    reference: () => {
      const size = tf.util.sizeFromShape([...shape])
      const total = values(size, 1).reduce((sum, value) => sum + Math.fround(value + 0.5), 0)
      return { ...compute(), total: tf.scalar(total), mean: tf.scalar(total / size) }
    },
  }
}

// 0.1 in float32, added up a million times in float32, is 1 % off.
const long = (shape: readonly number[], axes: readonly number[]): CorpusCase => {
  const count = axes.reduce((product, axis) => product * shape[axis]!, 1)
  const kept = shape.filter((_, axis) => !axes.includes(axis))
  return {
    name: `the mean and sum over [${axes}] of [${shape}] times 0.1`,
    tolerance: 1e-6,
    compute: () => {
      const x = tf.fill([...shape], 0.1)
      return { mean: tf.mean(x, [...axes]), sum: tf.sum(x, [...axes]) }
    },
    reference: () => ({ mean: tf.fill(kept, 0.1), sum: tf.fill(kept, Math.fround(0.1) * count) }),
  }
}

export const reductions: readonly CorpusCase[] = [
  ...shapes.map(alongAxes),
  long([73_728], [0]),
  long([1_000_000], [0]),
  long([99_991], [0]),
  long([73_728, 3], [0]),
  long([3, 99_991], [1]),
  long([100_000, 8], [0]),
  long([30, 3, 200, 5], [0, 2]),
  long([4, 200, 200], [0, 1, 2]),
]
