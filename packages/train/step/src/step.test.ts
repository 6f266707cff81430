import * as tf from '@tensorflow/tfjs-core'
import type { Examples } from '@resfn/batches'
import { dense } from '@resfn/dense'
import { sequential } from '@resfn/layer'
import { crossEntropy } from '@resfn/losses'
import { globalNorm, sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { describeBackends, expectClose } from '@resfn/test-utils'
import { dispose, mapTo, zip } from '@resfn/tree'
import { expect, it } from 'vitest'
import { inOrder, input, net, optimiser, type TinyRun, training, valuesOf } from '@resfn/test-utils/tiny'
import { gradientsOf, startRun, takeStep, updateWith } from './index.ts'

const start = (): TinyRun => startRun(net, { optimiser, key: key(1), input })
const [examples] = inOrder(4)

/** The tree with plain arrays in the place of tensors. */
const everything = (tree: unknown): unknown =>
  mapTo(tree, (leaf: unknown) => (leaf instanceof tf.Tensor ? [...leaf.dataSync()] : leaf))

describeBackends('takeStep', () => {
  it('gives the same for the same run, and leaves the run as it was', () => {
    const run = start()
    const before = everything(run)
    const step = takeStep(training())
    const [first, second] = [step(run, examples!), step(run, examples!)]
    expect(everything(second)).toEqual(everything(first))
    expect(everything(run)).toEqual(before)
  })

  it('makes the tensors of its result and no others', () => {
    const run = start()
    const step = takeStep(training())
    const before = tf.memory().numTensors
    const stepped = step(run, examples!)
    const owned =
      3 + Object.keys(valuesOf([stepped.learned.params, stepped.learned.state, stepped.learned.optimiser])).length
    expect(tf.memory().numTensors).toBe(before + owned)
    dispose(stepped)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('names a label that is not a class, and a batch that does not fit itself, and leaves nothing behind', () => {
    const run = start()
    const step = takeStep(training())
    const before = tf.memory().numTensors
    expect(() => step(run, { ...examples!, labels: examples!.labels.with(2, 3) })).toThrow(
      'label 2 of the batch is 3, but the net has 3 classes: 0 to 2',
    )
    expect(() => step(run, { ...examples!, labels: examples!.labels.slice(1) })).toThrow('has 3 labels')
    expect(tf.memory().numTensors).toBe(before)
  })

  it('draws other chance at another step and from another key', () => {
    const run = start()
    const step = takeStep(training({ schedule: constantRate(0.1) }))
    const logits = (changed: Partial<TinyRun>): readonly number[] => [
      ...step({ ...run, ...changed }, examples!).logits.dataSync(),
    ]
    expect(logits({ step: 1 })).not.toEqual(logits({ step: 0 }))
    expect(logits({ key: key(2) })).not.toEqual(logits({}))
  })

  it('asks the schedule for the rate of its step', () => {
    const run = start()
    const asked: number[] = []
    const step = takeStep(training({ schedule: (at) => (asked.push(at), 0) }))
    const { learned } = step({ ...run, step: 7 }, examples!)
    expect(asked).toEqual([7])
    expect(learned.step).toBe(8)
    expect(valuesOf(learned.params)).toEqual(valuesOf(run.params))
  })

  it('is the step of logistic regression, written out', () => {
    const linear = sequential({ fc: dense({ out: 2 }) })
    const run = startRun(linear, { optimiser: sgd(), key: key(0), input: [2] })
    const x = tf.tensor2d([
      [1, 2],
      [3, -1],
    ])
    const step = takeStep({ net: linear, loss: crossEntropy(), optimiser: sgd(), schedule: constantRate(0.5) })
    const { learned, loss, logits, gradientNorm } = step(run, {
      images: x.dataSync<'float32'>(),
      shape: [2, 2],
      labels: new Int32Array([0, 1]),
    })
    const { weight, bias } = run.params.fc
    const expected = tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), bias!)
    const slope = tf.div(
      tf.sub(
        tf.softmax(expected),
        tf.tensor2d([
          [1, 0],
          [0, 1],
        ]),
      ),
      2,
    )
    const gradients = { weight: tf.matMul(tf.transpose(x), slope as tf.Tensor2D), bias: tf.sum(slope, 0) }
    expectClose(logits, expected)
    const logarithms = tf.logSoftmax(expected).dataSync()
    expectClose(loss, -(logarithms[0]! + logarithms[3]!) / 2)
    expectClose(gradientNorm, globalNorm(gradients))
    expectClose(learned.params.fc.weight, tf.sub(weight, tf.mul(0.5, gradients.weight)))
    expectClose(learned.params.fc.bias!, tf.sub(bias!, tf.mul(0.5, gradients.bias)))
  })

  it('is its two halves, one after the other', () => {
    const run = start()
    const { gradients, logits, loss, seen } = gradientsOf(training())(run, examples!)
    const learned = updateWith(training())(run, gradients, seen)
    const stepped = takeStep(training())(run, examples!)
    expect(everything({ learned, loss, logits, gradientNorm: globalNorm(gradients) })).toEqual(everything(stepped))
  })

  it('is the step of two replicas that average gradients and statistics between the halves', () => {
    const linear = sequential({ fc: dense({ out: 3 }) })
    const learning = { net: linear, loss: crossEntropy(), optimiser, schedule: constantRate(0.1) }
    const run = startRun(linear, { optimiser, key: key(0), input: [16] })
    const flat = ({ images, labels }: Examples, from: number, to: number): Examples => ({
      images: images.slice(16 * from, 16 * to),
      shape: [to - from, 16],
      labels: labels.slice(from, to),
    })
    const differentiate = gradientsOf(learning)
    const [first, second] = [differentiate(run, flat(examples!, 0, 2)), differentiate(run, flat(examples!, 2, 4))]
    const averaged = zip([first.gradients, second.gradients], ([a, b]: readonly tf.Tensor[]) =>
      tf.div(tf.add(a!, b!), 2),
    )
    const apart = updateWith(learning)(run, averaged, first.seen)
    const together = takeStep(learning)(run, flat(examples!, 0, 4)).learned
    expectClose(apart.params.fc.weight, together.params.fc.weight)
    expectClose(apart.params.fc.bias!, together.params.fc.bias!)
  })
})
