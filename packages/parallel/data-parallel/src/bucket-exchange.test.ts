import * as tf from '@tensorflow/tfjs-core'
import { type Collective, single } from '@resfn/collective'
import { describeBackends, expectClose } from '@resfn/test-utils'
import { dispose } from '@resfn/tree'
import { expect, it } from 'vitest'
import { replicasOf } from './index.ts'

/** One rank, and the lengths of what it has sent. */
const counting = (): Collective & { readonly lengths: number[] } => {
  const alone = single()
  const lengths: number[] = []
  return {
    ...alone,
    lengths,
    allReduce: (values, options) => {
      lengths.push(values.length)
      return alone.allReduce(values, options)
    },
  }
}

/** Megabytes of so many numbers. */
const megabytes = (numbers: number): number => (4 * numbers) / 2 ** 20

describeBackends(
  'an exchange',
  () => {
    it('weighs gradients and statistics, sums numbers as they are, and keeps what the next one does not touch', async () => {
      const { exchange } = replicasOf(single())
      const first = {
        gradients: { a: tf.tensor1d([1, 2]), b: tf.tensor1d([3]) },
        seen: { m: tf.tensor1d([4]) },
        sums: [7],
      }
      const second = {
        gradients: { a: tf.tensor1d([10, 20]), b: tf.tensor1d([30]) },
        seen: { m: tf.tensor1d([40]) },
        sums: [8],
      }
      const half = await exchange(0.5).end(first)
      const whole = await exchange(1).end(second)
      expectClose(half.gradients.a, [0.5, 1])
      expectClose(half.gradients.b, [1.5])
      expectClose(half.seen.m, [2])
      expectClose(whole.gradients.a, [10, 20])
      expect([half.sums, whole.sums]).toEqual([[7], [8]])
      dispose([first, second, half, whole])
    })

    it('leaves out what has no weight, also where it is not finite', async () => {
      const found = { gradients: [tf.tensor1d([Number.NaN, Infinity])], seen: {}, sums: [1] }
      const { gradients, sums } = await replicasOf(single()).exchange(0).end(found)
      expectClose(gradients[0]!, [0, 0])
      expect(sums).toEqual([1])
      dispose([found, gradients])
    })

    it('sends what was given as soon as a bucket is whole, and nothing twice', async () => {
      const collective = counting()
      const found = { gradients: { a: tf.ones([3]), b: tf.ones([2]), c: tf.ones([4]) }, seen: {}, sums: [] }
      const sent = replicasOf(collective, { bucket: megabytes(5), overlap: true }).exchange(1)
      sent.give('c', found.gradients.c)
      sent.give('b', found.gradients.b)
      expect(collective.lengths).toEqual([4])
      const { gradients } = await sent.end(found)
      // The rest in the order of paths: a beside b; then statistics and numbers, of which there are none.
      expect(collective.lengths).toEqual([4, 5, 0])
      expectClose(gradients.c, [1, 1, 1, 1])
      expect(Object.keys(gradients)).toEqual(['a', 'b', 'c'])
      dispose([found, gradients])
    })
  },
  ['cpu', 'wasm'],
)
