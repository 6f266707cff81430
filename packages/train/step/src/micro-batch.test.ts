import * as tf from '@tensorflow/tfjs-core'
import type { Examples } from '@resfn/batches'
import { relu } from '@resfn/activation'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { groupNorm } from '@resfn/group-norm'
import { sequential } from '@resfn/layer'
import { binaryCrossEntropy, crossEntropy, distillation } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { globalAvgPool } from '@resfn/pool'
import { fold, key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { describeBackends, expectClose } from '@resfn/test-utils'
import { inOrder, input, net as withBatchNorm, optimiser, training, valuesOf } from '@resfn/test-utils/tiny'
import { dispose, flatten } from '@resfn/tree'
import { expect, it } from 'vitest'
import { gradientsOf, startRun, takeStep } from './index.ts'

const net = sequential({
  conv: conv2d({ out: 4, size: 3 }),
  norm: groupNorm({ groups: 2 }),
  relu,
  pool: globalAvgPool,
  fc: dense({ out: 3 }),
})
const [batch] = inOrder(10) as [Examples]
const targets = Float32Array.from({ length: 30 }, (_, i) => [0.2, 0.7, 0.1][(i + Math.floor(i / 3)) % 3]!)
const start = () => startRun(net, { optimiser: sgd(), key: key(3), input })

const largestDifference = (a: unknown, b: unknown): number => {
  const [of, from] = [valuesOf(a), valuesOf(b)]
  expect(Object.keys(of).toSorted()).toEqual(Object.keys(from).toSorted())
  return Math.max(
    ...Object.entries(of).flatMap(([path, values]) => values.map((x, i) => Math.abs(x - from[path]![i]!))),
  )
}

describeBackends('microBatch', () => {
  it.each([1, 2, 3, 4, 5, 9])('of %i of ten examples gives the gradients of the whole batch to 1e-6', (microBatch) => {
    const run = start()
    for (const loss of [crossEntropy({ smoothing: 0.1 }), binaryCrossEntropy()])
      for (const examples of [batch, { ...batch, targets }]) {
        const whole = gradientsOf({ net, loss })(run, examples)
        const parts = gradientsOf({ net, loss, microBatch })(run, examples)
        expect(largestDifference(parts, whole)).toBeLessThan(1e-6)
      }
  })

  it('gives the step of the whole batch, and asks a teacher for the images of each part', () => {
    const teacher = (x: tf.Tensor): tf.Tensor => tf.slice(tf.reshape(x, [-1, 16]), [0, 0], [-1, 3])
    const learning = {
      net,
      loss: distillation({ teacher }),
      optimiser: sgd({ momentum: 0.9 }),
      schedule: constantRate(0.1),
    }
    const run = startRun(net, { optimiser: learning.optimiser, key: key(3), input })
    const whole = takeStep(learning)(run, batch)
    const parts = takeStep({ ...learning, microBatch: 4 })(run, batch)
    const changed = ({ learned: { params, optimiser: memory } }: typeof whole): unknown => ({ params, memory })
    expect(largestDifference(changed(parts), changed(whole))).toBeLessThan(1e-6)
    expectClose(parts.logits, whole.logits)
  })

  it('averages what batch normalisation saw, and draws chance for each part', () => {
    const run = startRun(withBatchNorm, { optimiser, key: key(3), input })
    const { loss } = training()
    const { seen, logits } = gradientsOf({ net: withBatchNorm, loss, microBatch: 5 })(run, batch)
    const slice = (from: number): Examples => ({
      images: batch.images.subarray(16 * from, 16 * (from + 5)),
      shape: [5, ...input],
      labels: batch.labels.subarray(from, from + 5),
    })
    const step = fold(fold(run.key, 'step'), 0)
    const sight = [0, 5].map((from, i) =>
      withBatchNorm.train(run.params, tf.tensor(slice(from).images, [5, ...input]), fold(step, i)),
    )
    expectClose(logits, tf.concat(sight.map(({ y }) => y)))
    expectClose(seen.bn.mean, tf.div(tf.add(sight[0]!.seen.bn.mean, sight[1]!.seen.bn.mean), 2))
  })

  it('of at least the batch changes nothing, bit for bit', () => {
    const run = startRun(withBatchNorm, { optimiser, key: key(3), input })
    const [plain, same] = [gradientsOf(training()), gradientsOf(training({ microBatch: 10 }))].map((find) =>
      find(run, batch),
    )
    expect(largestDifference(same, plain)).toBe(0)
  })

  it('makes the tensors of its result and no others', () => {
    const run = start()
    const before = tf.memory().numTensors
    const found = gradientsOf({ net, loss: crossEntropy(), microBatch: 3 })(run, batch)
    expect(tf.memory().numTensors).toBe(before + flatten<tf.Tensor>(found).length)
    dispose(found)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('and targets of a wrong number are named', () => {
    const run = start()
    const find = gradientsOf({ net, loss: crossEntropy() })
    expect(() => find(run, { ...batch, targets: targets.subarray(1) })).toThrow(
      'the batch has 29 targets, but 10 examples of 3 classes need 30',
    )
    expect(() => find(run, { ...batch, targets: [...targets] as never })).toThrow('must be a Float32Array')
  })
})
