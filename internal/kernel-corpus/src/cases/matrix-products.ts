import * as tf from '@tensorflow/tfjs-core'
import type { CorpusCase } from '../corpus-case.ts'
import { noise } from '../values.ts'

const ways = [false, true].flatMap((transposeA) => [false, true].map((transposeB) => ({ transposeA, transposeB })))

const product = ([rows, inner, columns]: readonly [number, number, number]): CorpusCase => ({
  name: `matMul of [${rows},${inner}] and [${inner},${columns}], transposed or not`,
  compute: () =>
    Object.fromEntries(
      ways.flatMap(({ transposeA, transposeB }) => {
        const a = noise(1, ...(transposeA ? [inner, rows] : [rows, inner])) as tf.Tensor2D
        const b = noise(2, ...(transposeB ? [columns, inner] : [inner, columns])) as tf.Tensor2D
        const name = `${transposeA ? 'aT' : 'a'} ${transposeB ? 'bT' : 'b'}`
        return [
          [name, tf.matMul(a, b, transposeA, transposeB)],
          [
            `relu(${name} + bias)`,
            tf.fused.matMul({ a, b, transposeA, transposeB, bias: noise(3, columns), activation: 'relu' }),
          ],
          [`batch of ${name}`, tf.matMul(tf.expandDims(a), tf.expandDims(b), transposeA, transposeB)],
        ]
      }),
    ),
})

const batches: CorpusCase = {
  name: 'matMul on batches, broadcast from one',
  compute: () => {
    const [a, b, one, bias] = [noise(1, 3, 4, 5), noise(2, 3, 5, 6), noise(3, 1, 5, 6), noise(4, 6)]
    const turned = tf.transpose(a, [0, 2, 1])
    return {
      both: tf.matMul(a, b),
      one: tf.matMul(a, one),
      turned: tf.matMul(turned, b, true),
      fused: tf.fused.matMul({ a, b: one, bias, activation: 'relu' }),
      fusedTurned: tf.fused.matMul({ a: turned, b, transposeA: true, bias }),
    }
  },
}

// Where both sides broadcast, plain JavaScript fills only a part of the result.
const broadcast = (aBatch: readonly number[], bBatch: readonly number[]): CorpusCase => {
  const factors = () => ({ a: noise(1, ...aBatch, 7, 11), b: noise(2, ...bBatch, 11, 5) })
  return {
    name: `matMul of batches [${aBatch}] and [${bBatch}]`,
    compute: () => {
      const { a, b } = factors()
      const turned = tf.transpose(a, [...aBatch.keys(), a.rank - 1, a.rank - 2])
      return { plain: tf.matMul(a, b), turned: tf.matMul(turned, b, true) }
    },
    reference: () => {
      const { a, b } = factors()
      // The sum over inner of a[…, rows, inner, 1] * b[…, 1, inner, columns].
      const y = tf.sum(tf.mul(tf.expandDims(a, -1), tf.expandDims(b, -3)), -2)
      return { plain: y, turned: tf.clone(y) }
    },
  }
}

const twoShapes: CorpusCase = {
  name: 'matMul of one matrix under two shapes',
  compute: () => {
    const b = noise(2, 24, 16)
    return {
      first: tf.matMul(noise(1, 5, 24), b),
      second: tf.matMul(noise(1, 5, 16), tf.reshape(b, [16, 24])),
    }
  },
}

export const matrixProducts: readonly CorpusCase[] = [
  product([1, 1, 1]),
  product([5, 7, 3]),
  product([64, 64, 10]),
  product([33, 16, 24]),
  product([1, 300, 1]),
  batches,
  broadcast([2, 1], [1, 3]),
  broadcast([2, 1], [3]),
  broadcast([3], [2, 1]),
  broadcast([2, 1, 2], [1, 3, 1]),
  broadcast([2, 3], [2, 3]),
  broadcast([1], [2, 3]),
  twoShapes,
]
