import * as tf from '@tensorflow/tfjs-core'
import type { CorpusCase, Outputs } from '../corpus-case.ts'
import { noise } from '../values.ts'

const exact = (name: string, compute: () => readonly tf.Tensor[]): CorpusCase => ({
  name,
  tolerance: 0,
  compute: (): Outputs => Object.fromEntries(compute().map((output, i) => [`output ${i}`, output])),
})

const pairs = (...sides: readonly (readonly [number, number])[]): [number, number][] => sides as [number, number][]

export const copying: readonly CorpusCase[] = [
  exact('slices', () => {
    const x = noise(1, 3, 4, 5, 6)
    const five = tf.reshape(x, [3, 2, 2, 5, 6])
    return [
      tf.slice(x, [1, 1, 2, 3], [2, 2, 3, 2]),
      tf.slice(x, [0, 1, 0, 0], [3, 2, 5, 6]),
      tf.slice(x, [2]),
      tf.slice(x, [0, 0, 0, 5], [-1, -1, -1, 1]),
      tf.slice(tf.reshape(x, [36, 10]), [0, 0], [36, 5]),
      tf.slice(five, [1, 0, 1, 2, 3], [2, 1, 1, 3, 2]),
      tf.slice(tf.tensor1d([1, 2, 3]), 1, 1),
    ]
  }),
  exact('pads', () => {
    const x = noise(1, 3, 4, 5, 6)
    const five = tf.reshape(x, [3, 2, 2, 5, 6])
    return [
      tf.pad(x, pairs([0, 1], [2, 0], [1, 1], [0, 3])),
      tf.pad(x, pairs([0, 0], [0, 0], [0, 0], [0, 0])),
      tf.pad(x, pairs([0, 0], [1, 1], [1, 1], [0, 0]), 7),
      tf.pad(tf.reshape(five, [6, 2, 5, 6]), pairs([1, 0], [0, 1], [1, 1], [2, 2])),
    ]
  }),
  exact('a pad of five axes', () => [tf.pad(noise(1, 3, 2, 2, 5, 6), pairs([1, 0], [0, 1], [1, 1], [0, 0], [2, 2]))]),
  exact('tiles', () => {
    const x = noise(1, 3, 4, 5, 6)
    return [
      tf.tile(x, [1, 1, 1, 2]),
      tf.tile(x, [2, 1, 1, 1]),
      tf.tile(x, [1, 3, 1, 2]),
      tf.tile(tf.slice(x, [0, 0, 0, 0], [3, 1, 1, 6]), [1, 4, 5, 1]),
      tf.broadcastTo(tf.tensor1d([1, 2, 3]), [4, 2, 3]),
      tf.tile(tf.tensor1d([1, 2]), [1]),
    ]
  }),
  exact('a tile of a scalar', () => [tf.tile(tf.scalar(2), [])]),
  exact('concatenations along any axis', () => {
    const [x, y] = [noise(1, 3, 4, 5, 6), noise(2, 3, 4, 5, 6)]
    const five = tf.reshape(x, [3, 2, 2, 5, 6])
    return [
      ...[0, 1, 2, 3, -1].map((axis) => tf.concat([x, y, x], axis)),
      tf.concat([x, tf.slice(y, [0, 0, 0, 0], [3, 4, 5, 1])], -1),
      tf.concat([five, five], -1),
      tf.concat([tf.tensor1d([1, 2]), tf.tensor1d([3])]),
      tf.concat([tf.tensor1d([1, 2], 'int32'), tf.tensor1d([3], 'int32')]),
    ]
  }),
  exact('splits along any axis', () => {
    const x = noise(1, 3, 4, 5, 6)
    return [
      ...tf.split(x, [1, 2, 3], -1),
      ...tf.split(x, 2, 1),
      ...tf.split(tf.reshape(x, [3, 2, 2, 5, 6]), 5, 3),
      ...tf.split(tf.tensor1d([1, 2, 3, 4], 'int32'), 2),
    ]
  }),
  exact('copies of large boxes', () => {
    const x = noise(3, 8, 30, 30, 17)
    const middle = tf.slice(x, [0, 1, 1, 0], [8, 28, 28, 17])
    return [
      middle,
      tf.pad(middle, pairs([0, 0], [1, 1], [1, 1], [0, 3])),
      tf.tile(tf.slice(x, [0, 0, 0, 0], [8, 1, 1, 17]), [1, 20, 20, 1]),
      tf.concat([x, tf.slice(x, [0, 0, 0, 3], [8, 30, 30, 5])], -1),
      ...tf.split(x, [2, -1], -1),
    ]
  }),
  exact('slices, concatenations and splits of nothing', () => {
    const x = noise(1, 3, 4, 5, 6)
    const none = tf.slice(x, [0, 0, 0, 0], [3, 4, 5, 0])
    return [none, tf.concat([x, none], -1), ...tf.split(x, [3, 0, 3], -1)]
  }),
  exact('transpositions, turns, stacks and clones', () => {
    const x = noise(1, 3, 4, 5, 6)
    return [
      tf.transpose(x, [3, 1, 2, 0]),
      tf.transpose(x, [0, 3, 1, 2]),
      tf.transpose(tf.reshape(x, [12, 30])),
      tf.reverse(x, [1, 2]),
      tf.stack([x, x], 2),
      tf.clone(x),
      tf.oneHot(tf.tensor1d([2, 0, 1], 'int32'), 4),
      tf.gather(tf.reshape(x, [12, 30]), tf.tensor1d([11, 0, 11], 'int32')),
    ]
  }),
]
