import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { checkGradients, describeBackends, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  balancedWeights,
  binaryCrossEntropy,
  crossEntropy,
  distillation,
  LossError,
  softCrossEntropy,
} from './index.ts'

type Case = { readonly loss: number; readonly gradient: readonly number[] }
const fixture = JSON.parse(readFileSync(new URL('./fixtures/cross-entropy.json', import.meta.url), 'utf8')) as {
  readonly shape: [number, number]
  readonly logits: number[]
  readonly labels: number[]
  readonly mixed: number[]
  readonly teacher: number[]
  readonly weights: number[]
  readonly weighted: readonly (Case & { readonly smoothing: number; readonly mixed: boolean })[]
  readonly binary: readonly (Case & {
    readonly smoothing: number
    readonly threshold: number | null
    readonly weighted: boolean
    readonly mixed: boolean
  })[]
  readonly distilled: readonly (Case & { readonly temperature: number; readonly share: number })[]
}
const matrix = (values: number[]): tf.Tensor => tf.tensor2d(values, fixture.shape)
const labels = (): tf.Tensor => tf.tensor1d(fixture.labels, 'int32')
const goal = (mixed: boolean): tf.Tensor => (mixed ? matrix(fixture.mixed) : labels())

/** The loss and the gradient at the logits. */
const differentiate = (
  loss: (x: tf.Tensor) => tf.Tensor,
  logits: tf.Tensor,
): { readonly value: tf.Tensor; readonly grad: tf.Tensor } => ({ value: loss(logits), grad: gradientOf(loss, logits) })

const expectCase = (loss: (x: tf.Tensor) => tf.Tensor, expected: Case): void => {
  const { value, grad } = differentiate(loss, matrix(fixture.logits))
  expectClose(value, expected.loss)
  expectClose(grad, expected.gradient)
}

describeBackends('losses', () => {
  it.each(fixture.weighted)(
    'weigh classes as PyTorch does, with smoothing $smoothing, of mixed labels: $mixed',
    ({ smoothing, mixed, ...expected }) => {
      expectCase((x) => crossEntropy({ smoothing, weights: fixture.weights })(x, goal(mixed)), expected)
    },
  )

  it.each(fixture.binary)(
    'have the binary cross-entropy of timm, with smoothing $smoothing, threshold $threshold, weights $weighted, mixed $mixed',
    ({ smoothing, threshold, weighted, mixed, ...expected }) => {
      const loss = binaryCrossEntropy({
        smoothing,
        ...(threshold !== null && { threshold }),
        ...(weighted && { weights: fixture.weights }),
      })
      expectCase((x) => loss(x, goal(mixed)), expected)
    },
  )

  it.each(fixture.distilled)(
    "have Hinton's distillation at temperature $temperature and share $share",
    ({ temperature, share, ...expected }) => {
      const loss = distillation({ teacher: () => matrix(fixture.teacher), temperature, share })
      expectCase((x) => loss(x, labels(), tf.zeros([5, 2])), expected)
    },
  )

  it('have the gradients of their central differences', () => {
    const teacher = matrix(fixture.teacher)
    const losses = [
      binaryCrossEntropy({ smoothing: 0.1, weights: fixture.weights }),
      crossEntropy({ smoothing: 0.1, weights: fixture.weights }),
      distillation({ teacher: () => teacher, temperature: 2, loss: binaryCrossEntropy() }),
    ]
    for (const each of losses) {
      const loss = (p: { x: tf.Tensor }): tf.Tensor => each(p.x, labels(), teacher)
      const x = matrix(fixture.logits)
      checkGradients(loss, { x }, { x: differentiate((input) => loss({ x: input }), x).grad })
    }
  })

  it('take probabilities where plain labels are taken, with the same value', () => {
    const ones = tf.cast(tf.oneHot(labels(), 4), 'float32')
    for (const loss of [crossEntropy({ smoothing: 0.2 }), binaryCrossEntropy()])
      expectClose(loss(matrix(fixture.logits), ones), loss(matrix(fixture.logits), labels()))
    expectClose(
      crossEntropy()(matrix(fixture.logits), matrix(fixture.mixed)),
      softCrossEntropy(matrix(fixture.logits), matrix(fixture.mixed)),
    )
  })

  it('are finite for logits of any size', () => {
    const { value, grad } = differentiate(
      (x) => binaryCrossEntropy()(x, tf.tensor1d([0, 1], 'int32')),
      tf.tensor2d([
        [1e30, -1e30],
        [-1e4, 1e4],
      ]),
    )
    expectClose(value, 0)
    expectClose(grad, [0, 0, 0, 0])
  })

  it('ask the teacher for the images of the batch, and give it no gradient', () => {
    const weight = tf.tensor2d([
      [1, -1, 2, 0],
      [0, 3, 1, 1],
    ])
    const loss = distillation({ teacher: (x) => tf.matMul(x as tf.Tensor2D, weight) })
    const value = (images: tf.Tensor): number => loss(matrix(fixture.logits), labels(), images).dataSync()[0]!
    expect(value(tf.ones([5, 2]))).not.toBeCloseTo(value(tf.zeros([5, 2])), 2)
    // A net is its own best teacher: only the half of the labels is left, and no gradient comes through the teacher.
    const own = distillation({ teacher: (x) => x })
    const { grad } = differentiate((x) => own(x, labels(), x), matrix(fixture.logits))
    const half = differentiate((x) => crossEntropy()(x, labels()), matrix(fixture.logits)).grad
    expectClose(grad, tf.mul(half, 0.5))
  })

  it('leave no tensors behind but their value', () => {
    const [x, y, images] = [matrix(fixture.logits), labels(), tf.ones([5, 4])]
    for (const loss of [
      crossEntropy({ weights: fixture.weights }),
      binaryCrossEntropy({ threshold: 0.1 }),
      distillation({ teacher: (given) => tf.mul(given, 2) }),
    ])
      expectNoLeak(() => tf.tidy(() => void differentiate((logits) => loss(logits, y, images), x)))
  })

  it('name what does not fit', () => {
    const x = matrix(fixture.logits)
    expect(() => crossEntropy({ weights: [1, 2] })(x, labels())).toThrow('there are 2 weights and 4 classes')
    expect(() => binaryCrossEntropy({ weights: [1, 2] })(x, labels())).toThrow(LossError)
    expect(() => crossEntropy({ weights: [-1] })).toThrow('weights must be a list of numbers of at least 0')
    expect(() => crossEntropy()(x, tf.zeros([5, 3]))).toThrow('must both be [batch,classes]')
    expect(() => binaryCrossEntropy()(x, tf.zeros([4], 'int32'))).toThrow('with the same batch')
    expect(() => distillation({ teacher: (images) => images, temperature: 0 })).toThrow('a number above 0')
    expect(() => distillation({ teacher: (images) => images })(x, labels())).toThrow('needs the images')
    expect(() => distillation({ teacher: () => tf.zeros([5, 3]) })(x, labels(), x)).toThrow('the same classes')
  })
})

it('balanced weights let all classes count alike', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 50 }), (list) => {
      const weights = balancedWeights(new Int32Array(list), 5)
      const sums = weights.map((weight, label) => weight * list.filter((each) => each === label).length)
      sums.forEach((total, label) => expect(total).toBeCloseTo(list.includes(label) ? list.length / 5 : 0, 9))
    }),
  )
  expect(() => balancedWeights(new Uint8Array([2]), 2)).toThrow('a label is 2, but the classes are 0 to 1')
})
