import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { checkGradients, describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { differentiable, nameOf, spread } from '@resfn/kernel-corpus'
import { it } from 'vitest'
import { valueAndGradient } from './value-and-gradient.ts'

type Params = { readonly [name: string]: Tensor }

/**
 * A scalar of a tensor with a different weight for each value, so that no permutation or scaling of a gradient goes
 * unseen.
 */
const weighed = (y: Tensor): Tensor => tf.sum(tf.mul(y, spread(y.shape, 0.5, 1.5)))

// The corpus compares the other backends with this one.
describeBackends(
  'the gradient',
  () => {
    it.each(differentiable.map((one) => [nameOf(one), one] as const))(
      'of %s agrees with finite differences and leaks nothing',
      (_, { f, at }) => {
        const params = at()
        const loss = (p: Params): Tensor => weighed(f(p))
        const differentiated = valueAndGradient((p: Params) => ({ loss: loss(p), aux: {} }))
        checkGradients(loss, params, differentiated(params).gradients, { tolerance: 2e-2 })
        expectNoLeak(() => tf.tidy(() => void differentiated(params)))
      },
    )
  },
  ['cpu'],
)

describeBackends('the gradient at a point where differences do not help', () => {
  const slope = (f: (x: Tensor) => Tensor, at: readonly number[]): Tensor =>
    valueAndGradient((x: Tensor) => ({ loss: tf.sum(f(x)), aux: {} }))(tf.tensor1d([...at])).gradients

  it('is shared evenly by equal largest or smallest values', () => {
    expectClose(slope(tf.max, [1, 3, 3, 2]), [0, 0.5, 0.5, 0])
    expectClose(slope(tf.min, [1, 3, 1, 1]), [1 / 3, 0, 1 / 3, 1 / 3])
  })

  it('adds up to one over the two sides of maximum and minimum', () => {
    for (const choose of [tf.maximum, tf.minimum]) {
      const { gradients } = valueAndGradient(({ a, b }: { a: Tensor; b: Tensor }) => ({
        loss: tf.sum(choose(a, b)),
        aux: {},
      }))({ a: tf.scalar(2), b: tf.scalar(2) })
      expectClose(tf.add(gradients.a, gradients.b), [1])
    }
  })

  it('of a product with zeros is the product of the others', () => {
    expectClose(slope(tf.prod, [2, 0, 5]), [0, 10, 0])
    expectClose(slope(tf.prod, [0, 0, 5]), [0, 0, 0])
  })

  it('is zero for activations at the kink and below', () => {
    expectClose(slope(tf.relu, [-1, 0, 1]), [0, 0, 1])
    expectClose(slope(tf.relu6, [-1, 0, 3, 6, 7]), [0, 0, 1, 0, 0])
    expectClose(slope(tf.abs, [-2, 0, 2]), [-1, 0, 1])
  })

  it('of a power is finite at zero', () => {
    expectClose(
      slope((x) => tf.pow(x, 0), [0, 2]),
      [0, 0],
    )
    expectClose(
      slope((x) => tf.pow(x, 2), [0, -3]),
      [0, -6],
    )
    expectClose(
      slope((x) => tf.pow(tf.scalar(0), x), [2]),
      [0],
    )
  })

  it('is zero through comparisons, rounding and choices of an index', () => {
    for (const f of [tf.step, tf.floor, tf.ceil, tf.round, tf.sign, tf.zerosLike, tf.onesLike])
      expectClose(
        slope((x) => tf.mul(x, f(x)), [0.3, 1.7]),
        f(tf.tensor1d([0.3, 1.7])),
      )
    for (const f of [tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.equal, tf.notEqual])
      expectClose(
        slope((x) => tf.mul(x, tf.cast(f(x, 1), 'float32')), [0.3, 1.7]),
        f(tf.tensor1d([0.3, 1.7]), 1),
      )
    expectClose(
      slope((x) => tf.add(x, tf.cast(tf.argMax(x), 'float32')), [0.3, 1.7]),
      [1, 1],
    )
    expectClose(
      slope((x) => tf.where(tf.greater(x, 1), tf.square(x), 0), [0.3, 1.7]),
      [0, 3.4],
    )
  })

  it('of a gradient is the second derivative, through activations and convolutions', () => {
    type Conv = { readonly x: Tensor; readonly filter: Tensor }
    const inner = valueAndGradient(({ x, filter }: Conv) => ({
      loss: tf.sum(tf.square(tf.relu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 1)))),
      aux: {},
    }))
    const penalty = (params: Conv): Tensor => {
      const { x, filter } = inner(params).gradients
      return tf.add(weighed(tf.square(x)), weighed(tf.square(filter)))
    }
    const params = { x: spread([1, 4, 4, 2], 0.2, 1), filter: spread([3, 3, 2, 2], 0.1, 0.5) }
    checkGradients(penalty, params, valueAndGradient((p: Conv) => ({ loss: penalty(p), aux: {} }))(params).gradients)
    expectNoLeak(() => tf.tidy(() => void valueAndGradient((p: Conv) => ({ loss: penalty(p), aux: {} }))(params)))
  })
})
