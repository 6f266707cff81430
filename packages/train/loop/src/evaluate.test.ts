import * as tf from '@tensorflow/tfjs-core'
import { topCorrect } from '@resfn/losses'
import { key } from '@resfn/random'
import { BatchError, startRun } from '@resfn/step'
import { describeBackends } from '@resfn/test-utils'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { count, inOrder, input, net, optimiser, type TinyRun } from '@resfn/test-utils/tiny'
import { evaluate, type Predict } from './index.ts'

const run: () => TinyRun = () => startRun(net, { optimiser, key: key(1), input })
const predictOf =
  ({ params, state }: TinyRun): Predict =>
  (x) =>
    net.apply(params, x, state)

describeBackends('evaluate', () => {
  it('does not depend on how the examples are cut into batches', async () => {
    const predict = predictOf(run())
    const whole = await evaluate(predict, inOrder(count))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: count }), async (size) => {
        const cut = await evaluate(predict, inOrder(size))
        expect(cut.loss).toBeCloseTo(whole.loss, 5)
        const exact = ({ predictions: { labels, predicted, ranks }, ...rest }: typeof cut) => ({
          ...rest,
          labels,
          predicted,
          ranks,
          loss: 0,
        })
        expect(exact(cut)).toEqual(exact(whole))
        cut.predictions.probabilities.forEach((each, i) =>
          expect(each).toBeCloseTo(whole.predictions.probabilities[i]!, 5),
        )
      }),
      { numRuns: 6 },
    )
  })

  it('agrees with itself: accuracy, confusion and scores of classes', async () => {
    const predict = predictOf(run())
    const { accuracy, confusion, examples, perClass } = await evaluate(predict, inOrder(4))
    expect(examples).toBe(count)
    expect(confusion.flat().reduce((sum, n) => sum + n, 0)).toBe(count)
    expect(confusion.reduce((sum, row, c) => sum + row[c]!, 0) / count).toBe(accuracy)
    expect(perClass.map((score) => score.examples)).toEqual([4, 3, 3])
    const [all] = inOrder(count)
    const logits = predict(tf.tensor(all!.images, [...all!.shape]))
    expect(topCorrect(1)({ values: logits.dataSync() as Float32Array, classes: 3 }, all!.labels) / count).toBe(accuracy)
  })

  it('gives the prediction for each example in the order of the pass', async () => {
    const predict = predictOf(run())
    const {
      accuracy,
      predictions: { labels, predicted, probabilities, ranks },
    } = await evaluate(predict, inOrder(4))
    expect([...labels]).toEqual(Array.from({ length: count }, (_, i) => i % 3))
    expect(predicted.filter((each, i) => each === labels[i]).length / count).toBe(accuracy)
    expect([...ranks].map((rank) => rank === 0)).toEqual([...predicted].map((each, i) => each === labels[i]))
    for (const rank of ranks) expect(rank).toBeLessThan(3)
    expect(probabilities).toHaveLength(count)
    for (const each of probabilities) expect(each).toSatisfy((p: number) => p >= 1 / 3 && p <= 1)
  })

  it('cuts batches in halves until they fit into the memory of the backend', async () => {
    const predict = predictOf(run())
    const whole = await evaluate(predict, inOrder(4))
    const before = tf.memory().numTensors
    const sizes: number[] = []
    const limited =
      (limit: number): Predict =>
      (x) => {
        sizes.push(x.shape[0]!)
        if (x.shape[0]! > limit) throw Object.assign(new Error('the heap has no room'), { _tag: 'OutOfMemory' })
        return predict(x)
      }
    const cut = await evaluate(limited(3), inOrder(9))
    expect(sizes).toEqual([9, 5, 3, 3, 3, 1])
    expect(cut.loss).toBeCloseTo(whole.loss, 5)
    expect(cut.confusion).toEqual(whole.confusion)
    expect([...cut.predictions.labels]).toEqual([...whole.predictions.labels])
    await expect(evaluate(limited(0), inOrder(4))).rejects.toThrow('the heap has no room')
    await expect(
      evaluate(() => {
        throw new Error('another error')
      }, inOrder(4)),
    ).rejects.toThrow('another error')
    expect(tf.memory().numTensors).toBe(before)
  })

  it('says NaN where the net has diverged', async () => {
    const {
      accuracy,
      loss,
      predictions: columns,
    } = await evaluate(() => tf.fill([count, 3], Number.NaN), inOrder(count))
    expect(loss).toBeNaN()
    expect(accuracy).toBe(0.4)
    expect(columns.probabilities.every(Number.isNaN)).toBe(true)
  })

  it('leaves no tensors behind, also when it stops half-way', async () => {
    const predict = predictOf(run())
    await evaluate(predict, inOrder(4))
    const before = tf.memory().numTensors
    await evaluate(predict, inOrder(3))
    async function* broken() {
      yield* inOrder(3).slice(0, 2)
      throw new Error('the disk is gone')
    }
    await expect(evaluate(predict, broken())).rejects.toThrow('the disk is gone')
    await evaluate(() => tf.zeros([1, 3]), inOrder(4)).catch(() => undefined)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses what is no classifier, and a set without examples', async () => {
    await expect(evaluate((x) => x.clone(), inOrder(4))).rejects.toThrow(
      'the net gives [4,4,4,1] for 4 examples; it must give logits [batch,classes]',
    )
    await expect(evaluate(() => tf.zeros([3, 3]), inOrder(4))).rejects.toThrow(BatchError)
    await expect(evaluate((x) => x, [])).rejects.toThrow('there was no batch; is the set empty?')
    await expect(evaluate(() => tf.zeros([4, 2]), inOrder(4))).rejects.toThrow(
      'label 2 is 2, but the classes are 0 to 1',
    )
  })
})
