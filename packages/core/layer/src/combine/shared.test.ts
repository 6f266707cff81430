import * as tf from '@tensorflow/tfjs-core'
import { fold, type Key, key } from '@resfn/random'
import { describeBackends, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { expect, expectTypeOf, it } from 'vitest'
import {
  type Empty,
  init,
  type Layer,
  lift,
  op,
  type ParamsOf,
  shared,
  ShapeError,
  Spec,
  sum,
  summary,
} from '../index.ts'

type Weight = { readonly weight: tf.Tensor }

/** Multiplies by a weight for each value; training multiplies by the first word of its key too. */
const scaled = (seen: Key[] = []): Layer<Weight> => ({
  ...op<Weight>(
    (input) => ({
      kind: 'scaled',
      params: { weight: new Spec(input, (_, [n]) => new Float32Array(n!).fill(3)) },
      macs: 5,
    }),
    ({ weight }, x) => tf.mul(x, weight),
  ),
  train: ({ weight }, x, k) => (seen.push(k), { y: tf.mul(x, weight), seen: {} }),
})

const double = lift((x) => tf.mul(x, 2), { kind: 'double' })
const square = lift((x) => tf.square(x), { kind: 'square' })
const net = shared({ double, square }, sum)(scaled())

describeBackends('shared', () => {
  it('puts one layer on every view and joins: the gradient of its parameters is the sum over the views', () => {
    const { params } = init(net, key(0), [2])
    const x = tf.tensor2d([[1, -4]])
    expectClose(net.apply(params, x, {}), [3 * (2 + 1), 3 * (-8 + 16)])
    expectClose(net.train(params, x, key(0)).y, net.apply(params, x, {}))
    const gradients = gradientOf((tree) => net.apply(tree.params, tree.x, {}), { params, x })
    expectClose(gradients.params.weight, [2 + 1, -8 + 16])
    expectClose(gradients.x, [3 * (2 + 2), 3 * (2 - 8)])
  })

  it('gives each view a key of its own', () => {
    const keys: Key[] = []
    shared({ double, square }, sum)(scaled(keys)).train({ weight: tf.ones([1]) }, tf.ones([1, 1]), key(7))
    expect(keys).toEqual([fold(key(7), 'double'), fold(key(7), 'square')])
  })

  it('leaves no tensor behind', () => {
    const { params } = init(net, key(0), [2])
    const x = tf.ones([1, 2])
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
  })
})

it('has the trees of the layer alone, and counts it once for each view', () => {
  const { params, macs, rows } = summary(net, [4])
  expect([params, macs]).toEqual([4, 10])
  expect(rows.map(({ path }) => path)).toEqual(['double', 'square'])
  expect(net.plan([4]).kind).toBe('sum of double, square')
  expectTypeOf<ParamsOf<typeof net>>().toEqualTypeOf<Weight>()
  expect(net.layers.square).toBe(square)
  expectTypeOf(net.layers.double).toEqualTypeOf<Layer<Empty>>()
  expectTypeOf(net.layers.layer).toEqualTypeOf<Layer<Weight>>()
})

it('says which views differ in shape', () => {
  const first = lift((x) => tf.slice(x, [0, 0], [-1, 1]), { output: () => [1] })
  expect(() => shared({ double, first }, sum)(scaled()).plan([4])).toThrow(
    new ShapeError('', 'the views double [4] and first [1] differ; one layer needs inputs of one shape'),
  )
})

it('refuses views without a name of their own, and what is not a layer', () => {
  expect(() => shared({ layer: double }, sum)(scaled())).toThrow('shared: a view cannot be called layer')
  expect(() => shared({ 1: double }, sum)(scaled())).toThrow('shared: the name "1" cannot be used')
  expect(() => shared({ double: (() => double) as never }, sum)(scaled())).toThrow('shared: "double" is not a layer')
})

it('names the view that cannot be run', () => {
  const refuses = lift((): tf.Tensor => {
    throw new ShapeError('', 'too small')
  })
  const params = { weight: tf.ones([2]) }
  expect(() => shared({ double, refuses }, sum)(scaled()).apply(params, tf.ones([1, 2]), {})).toThrow(
    new ShapeError('refuses', 'too small'),
  )
})
