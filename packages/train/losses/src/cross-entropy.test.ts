import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { checkGradients, describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { describe, expect, it } from 'vitest'
import { crossEntropy, LossError, softCrossEntropy } from './index.ts'

type Case = { readonly loss: number; readonly gradient: readonly number[] }
const fixture = JSON.parse(readFileSync(new URL('./fixtures/cross-entropy.json', import.meta.url), 'utf8')) as {
  readonly shape: [number, number]
  readonly logits: number[]
  readonly labels: number[]
  readonly mixed: number[]
  readonly cases: readonly (Case & { readonly smoothing: number })[]
  readonly mixedCase: Case
}

const logits = (): tf.Tensor => tf.tensor2d(fixture.logits, fixture.shape)
const labels = (): tf.Tensor => tf.tensor1d(fixture.labels, 'int32')

/** The loss and the gradient at the logits. */
const differentiate = (
  loss: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
): { readonly value: tf.Tensor; readonly grad: tf.Tensor } => tf.valueAndGrad((input: tf.Tensor) => loss(input))(x)

describeBackends('crossEntropy', () => {
  it.each(fixture.cases)(
    'has the values and gradients of PyTorch with smoothing $smoothing',
    ({ smoothing, loss, gradient }) => {
      const { value, grad } = differentiate((x) => crossEntropy({ smoothing })(x, labels()), logits())
      expectClose(value, loss)
      expectClose(grad, gradient)
    },
  )

  it('has the values and gradients of PyTorch for mixed labels', () => {
    const { value, grad } = differentiate(
      (x) => softCrossEntropy(x, tf.tensor2d(fixture.mixed, fixture.shape)),
      logits(),
    )
    expectClose(value, fixture.mixedCase.loss)
    expectClose(grad, fixture.mixedCase.gradient)
  })

  it('has the gradient of its central differences', () => {
    const loss = (p: { x: tf.Tensor }): tf.Tensor => crossEntropy({ smoothing: 0.2 })(p.x, labels())
    const x = logits()
    checkGradients(loss, { x }, { x: differentiate((input) => loss({ x: input }), x).grad })
  })

  it('scales the gradient by what comes from above', () => {
    const [once, thrice] = [1, 3].map((dy) => tf.grad((x) => crossEntropy()(x, labels()))(logits(), tf.scalar(dy)))
    expectClose(tf.mul(once!, 3), [...thrice!.dataSync()])
  })

  it('is finite, with finite gradients, for logits of any size', () => {
    const { value, grad } = differentiate(
      (x) => crossEntropy()(x, tf.tensor1d([1, 0], 'int32')),
      tf.tensor2d([
        [3e38, -3e37],
        [1e4, -1e30],
      ]),
    )
    expect(value.dataSync()[0]).toBeGreaterThan(1e38)
    expectClose(grad, [0.5, -0.5, 0, 0])
  })

  // Values and gradients of torch.nn.functional.cross_entropy, float32, PyTorch 2.
  it.each<readonly [string, readonly (readonly number[])[], readonly number[], number, number, readonly number[]]>([
    ['a masked class', [[2, -Infinity, 1]], [0], 0, 0.3132616877555847, [-0.26894143, 0, 0.26894143]],
    ['a masked class as the label', [[2, -Infinity, 1]], [1], 0, Infinity, [0.7310586, -1, 0.26894143]],
    ['all classes but one masked', [[-Infinity, 5, -Infinity]], [1], 0, 0, [0, 0, 0]],
    ['a masked class and smoothing', [[2, -Infinity, 1]], [0], 0.3, Infinity, [-0.06894143, -0.1, 0.16894143]],
    ['huge logits, right', [[3e38, -3e38]], [0], 0, 0, [0, 0]],
    ['huge logits, wrong', [[3e38, -3e38]], [1], 0, Infinity, [1, -1]],
    [
      'masked and plain rows',
      [
        [1, 2, 3],
        [0, -Infinity, 0],
      ],
      [2, 2],
      0,
      0.5503765940666199,
      [0.04501529, 0.12236424, -0.16737954, 0.25, 0, -0.25],
    ],
    ['one class', [[2], [3]], [0, 0], 0, 0, [0, 0]],
    ['one class and smoothing', [[2], [3]], [0, 0], 0.5, 0, [0, 0]],
  ])('has the values of PyTorch for %s', (_, rows, classes, smoothing, loss, gradient) => {
    const x = tf.tensor2d(rows.map((row) => [...row]))
    const { value, grad } = differentiate(
      (input) => crossEntropy({ smoothing })(input, tf.tensor1d([...classes], 'int32')),
      x,
    )
    if (Number.isFinite(loss)) expectClose(value, loss)
    else expect(value.dataSync()[0]).toBe(loss)
    expectClose(grad, [...gradient])
  })

  it.each([[[0, 3]], [[-1, 0]]])('is NaN, not a wrong number, for labels %j of three classes', (outside) => {
    expect(crossEntropy()(tf.zeros([2, 3]), tf.tensor1d(outside, 'int32')).dataSync()[0]).toBeNaN()
  })

  it('is NaN for a label that the only class does not have', () => {
    expect(crossEntropy()(tf.zeros([1, 1]), tf.tensor1d([1], 'int32')).dataSync()[0]).toBeNaN()
  })

  it('is the logarithm of the number of classes where the logits say nothing', () => {
    expectClose(crossEntropy()(tf.fill([3, 7], 5), tf.tensor1d([0, 3, 6], 'int32')), Math.log(7))
  })

  it('leaves no tensors behind', () => {
    const [x, y] = [logits(), labels()]
    expectNoLeak(() => {
      const { value, grad } = tf.tidy(() => differentiate((input) => crossEntropy({ smoothing: 0.1 })(input, y), x))
      tf.dispose([value, grad])
    })
  })

  it('names both shapes when logits and labels do not fit', () => {
    const loss = crossEntropy()
    expect(() => loss(tf.zeros([2, 3]), tf.tensor1d([0, 1, 2], 'int32'))).toThrow(LossError)
    expect(() => loss(tf.zeros([2, 3]), tf.tensor1d([0, 1, 2], 'int32'))).toThrow(
      'logits [2,3] must be [batch,classes] and labels [3]',
    )
    expect(() => loss(tf.zeros([2, 1, 3]), tf.tensor1d([0, 1], 'int32'))).toThrow('logits [2,1,3]')
    expect(() => loss(tf.zeros([2, 3]), tf.tensor1d([0, 1]))).toThrow(
      'int32 class indices, not float32; for probabilities give [batch,classes]',
    )
    expect(() => softCrossEntropy(tf.zeros([2, 3]), tf.zeros([2, 4]))).toThrow('logits [2,3] and targets [2,4]')
  })
})

describe('crossEntropy', () => {
  it.each([-0.1, 1.1, Number.NaN])('refuses smoothing %s', (smoothing) => {
    expect(() => crossEntropy({ smoothing })).toThrow(`smoothing must be a number from 0 to 1, not ${smoothing}`)
  })

  it('refuses options that it does not have', () => {
    expect(() => crossEntropy({ smothing: 0.1 } as never)).toThrow(
      'crossEntropy: there is no option smothing; did you mean smoothing?',
    )
  })
})
