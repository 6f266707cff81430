import * as tf from '@tensorflow/tfjs-core'
import { trainBatchNorm } from '@resfn/batch-norm'
import type { CorpusCase } from '../corpus-case.ts'
import { noise, runFor } from '../values.ts'
import { withGradients } from '../with-gradients.ts'

const special = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity }

/** An image [2, 6, 6, channels] of noise with one value that is not finite, at the first pixel of the first sample. */
const imageWith = (value: number, channels: number): tf.Tensor4D =>
  tf.where(
    tf.equal(tf.reshape(tf.range(0, 72 * channels), [2, 6, 6, channels]), 0),
    tf.scalar(value),
    noise(1, 2, 6, 6, channels),
  ) as tf.Tensor4D

const reach = (name: string, value: number): readonly CorpusCase[] => [
  {
    name: `${name} in an image reaches the outputs of a convolution that read it, and no others`,
    compute: () =>
      Object.fromEntries(
        [
          { channels: 3, size: 3 },
          { channels: 16, size: 3 },
          { channels: 8, size: 1 },
        ].map(({ channels, size }) => [
          `${size}x${size} of ${channels}`,
          tf.conv2d(imageWith(value, channels), noise(2, size, size, channels, 8) as tf.Tensor4D, 1, 'same'),
        ]),
      ),
    tolerance: 1e-4,
  },
  {
    name: `${name} in an image reaches the gradients of a convolution`,
    compute: () => {
      const [x, filter] = [imageWith(value, 4), noise(2, 3, 3, 4, 8)]
      const attributes = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] }
      const dy = imageWith(value, 8)
      return {
        dx: runFor('Conv2DBackpropInput', { dy, filter }, { ...attributes, inputShape: x.shape }),
        dfilter: runFor(
          'Conv2DBackpropFilter',
          { x, dy: noise(3, 2, 6, 6, 8) },
          { ...attributes, filterShape: filter.shape },
        ),
      }
    },
    tolerance: 1e-4,
  },
  {
    name: `${name} goes through activations and sums`,
    compute: () => {
      const x = imageWith(value, 4)
      return {
        add: tf.add(x, x),
        relu: tf.relu(x),
        relu6: tf.relu6(x),
        sigmoid: tf.sigmoid(x),
        tanh: tf.tanh(x),
        sum: tf.sum(x, [1, 2]),
        mean: tf.mean(x),
        sample: tf.mean(x, [1, 2, 3]),
        pad: tf.pad(x, [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ]),
        concat: tf.concat([x, x], -1),
      }
    },
  },
  {
    name: `${name} goes through matrix products and dense layers`,
    compute: () => {
      const a = tf.reshape(imageWith(value, 1), [2, 36])
      return { product: tf.matMul(a, noise(2, 36, 5)), transposed: tf.matMul(a, noise(2, 2, 5), true) }
    },
  },
  {
    name: `${name} goes through pools`,
    compute: () => {
      const x = imageWith(value, 4)
      return {
        mean: tf.avgPool(x, 3, 2, 'valid'),
        ...(Number.isNaN(value) ? {} : { largest: tf.maxPool(x, 3, 2, 'valid') }),
      }
    },
  },
]

export const specialValues: readonly CorpusCase[] = [
  ...Object.entries(special).flatMap(([name, value]) => reach(name, value)),
  {
    name: 'NaN is the largest value of a window that has it',
    compute: () => ({ largest: tf.maxPool(imageWith(Number.NaN, 4), 3, 2, 'valid') }),
  },
  {
    name: 'NaN in a batch spoils its channel alone in batch normalisation',
    tolerance: 1e-4,
    compute: () => {
      const { y, seen } = trainBatchNorm({ weight: tf.ones([4]), bias: tf.zeros([4]) }, imageWith(Number.NaN, 4))
      return { y, ...seen }
    },
  },
  {
    name: 'a gradient that is not finite goes through relu where its output is positive',
    compute: () => {
      const x = noise(5, 2, 3, 4)
      const scale = tf.where(tf.greater(x, 0.9), tf.scalar(Infinity), tf.scalar(1))
      return withGradients(({ x }) => tf.mul(tf.relu(x!), scale), { x })
    },
  },
  {
    name: 'softmax and cross entropy of large logits stay finite',
    compute: () => {
      const x = tf.mul(noise(1, 5, 7), 300)
      return { softmax: tf.softmax(x), log: tf.logSoftmax(x) }
    },
  },
  {
    name: 'integers that are cast are the numbers they were',
    compute: () => {
      const x = tf.cast(tf.reshape(tf.range(-8, 8, 1, 'int32'), [1, 2, 2, 4]), 'float32')
      const chosen = tf.cast(tf.oneHot(tf.tensor1d([2, 0, 1], 'int32'), 4), 'float32')
      const flags = tf.cast(tf.greater(noise(2, 2, 6), 0), 'float32')
      return {
        sum: tf.sum(chosen, 1, true),
        mean: tf.mean(flags),
        relu: tf.relu(x),
        add: tf.add(x, noise(3, 1, 2, 2, 4)),
        conv: tf.conv2d(x as tf.Tensor4D, noise(4, 1, 1, 4, 3) as tf.Tensor4D, 1, 'same'),
        product: tf.matMul(flags, noise(5, 6, 3)),
      }
    },
  },
  {
    name: 'values near the ends of float32',
    compute: () => {
      const x = tf.tensor1d([1e38, -1e38, 1e-37, -1e-37, 3e38, 0])
      return { half: tf.mul(x, 0.5), double: tf.add(x, x), relu: tf.relu(x), square: tf.square(tf.mul(x, 1e-20)) }
    },
  },
]

/** Shapes without an element, or with one. */
export const emptyAndSingle: readonly CorpusCase[] = [
  {
    name: 'element-wise kernels of nothing',
    compute: () => {
      const x = tf.zeros([0, 3])
      return { relu: tf.relu(x), add: tf.add(x, x), mul: tf.mul(x, 2), concat: tf.concat([x, noise(1, 2, 3)], 0) }
    },
  },
  {
    name: 'sums over an axis without an element',
    compute: () => ({ sum: tf.sum(tf.zeros([0, 3]), 0) }),
  },
  {
    name: 'scalars and vectors of one',
    compute: () => {
      const x = tf.scalar(3)
      return {
        add: tf.add(x, 4),
        relu: tf.relu(x),
        sum: tf.sum(x),
        mean: tf.mean(tf.tensor1d([3])),
        product: tf.matMul(tf.tensor2d([2], [1, 1]), tf.tensor2d([3], [1, 1])),
        softmax: tf.softmax(tf.tensor2d([5], [1, 1])),
      }
    },
  },
]
