import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { constant, type Empty, init, type Layer, sequential, ShapeError, summary, VariablesError } from '@resfn/layer'
import { OptionsError } from '@resfn/options'
import { key, normal } from '@resfn/random'
import {
  checkGradients,
  describeBackends,
  expectClose,
  expectNoLeak,
  gradientOf,
  readFixture,
  tensorOf,
  type Values,
} from '@resfn/test-utils'
import { applyDense, applyFlatten, dense, type DenseParams, flatten } from './dense.ts'

type Case = { readonly [name in 'x' | 'weight' | 'bias' | 'y' | 'dy' | 'dx' | 'dweight' | 'dbias']: Values }
const { cases } = readFixture<{ readonly cases: readonly Case[] }>(new URL('./fixtures/torch.json', import.meta.url))

describeBackends('dense', () => {
  it.each(cases)('equals PyTorch in value and gradient (case %$)', (example) => {
    const tree = { params: { weight: tensorOf(example.weight), bias: tensorOf(example.bias) }, x: tensorOf(example.x) }
    const f = ({ params, x }: typeof tree): tf.Tensor => applyDense(params, x)
    const gradients = gradientOf(f, tree, tensorOf(example.dy))
    expectClose(f(tree), example.y.values)
    expectClose(gradients.x, example.dx.values)
    expectClose(gradients.params.weight, example.dweight.values)
    expectClose(gradients.params.bias, example.dbias.values)
  })

  it('equals its definition at any size', () => {
    const count = fc.integer({ min: 1, max: 9 })
    fc.assert(
      fc.property(count, count, count, fc.nat(), (batch, features, out, seed) => {
        const [x, weight, bias] = [batch * features, features * out, out].map((size, i) =>
          normal(key(seed + i), size),
        ) as [Float32Array, Float32Array, Float32Array]
        const expected = Array.from({ length: batch * out }, (_, at) => {
          const [n, o] = [Math.floor(at / out), at % out]
          return Array.from({ length: features }, (__, i) => x[n * features + i]! * weight[i * out + o]!).reduce(
            (sum, term) => sum + term,
            bias[o]!,
          )
        })
        tf.tidy(() =>
          expectClose(
            applyDense(
              { weight: tf.tensor(weight, [features, out]), bias: tf.tensor(bias) },
              tf.tensor(x, [batch, features]),
            ),
            expected,
            2e-5,
          ),
        )
      }),
      { numRuns: 40 },
    )
  })

  it('has the gradients of finite differences, with and without bias', () => {
    const x = tf.tensor(normal(key(3), 12), [3, 4])
    const f = (params: DenseParams): tf.Tensor => tf.mean(tf.square(applyDense(params, x)))
    for (const bias of [true, false]) {
      const { params } = init(dense({ out: 2, bias }), key(1), [4])
      checkGradients(f, params, gradientOf(f, params))
    }
  })

  it('leaves no tensor behind, gradients included', () => {
    const net = sequential({ flatten, fc: dense({ out: 3 }) })
    const { params } = init(net, key(0), [2, 2, 1])
    const x = tf.ones([2, 2, 2, 1])
    expectNoLeak(() => tf.tidy(() => void net.apply(params, x, {})))
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
  })

  it('flattens with the channels running fastest, also an empty batch', () => {
    const x = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 2, 2])
    expect(flatten.apply({}, x, {}).arraySync()).toEqual([[0, 1, 2, 3, 4, 5, 6, 7]])
    expect(flatten.apply({}, tf.zeros([0, 2, 2, 2]), {}).shape).toEqual([0, 8])
  })
})

describe('wrong input of dense', () => {
  const net = sequential({ fc: dense({ out: 2 }) })
  const { params } = init(net, key(0), [4])
  const apply =
    (x: tf.Tensor, given: object = params) =>
    () =>
      net.apply(given as never, x, {})

  it('is images, one sample, other features or integers', () => {
    expect(apply(tf.ones([2, 7, 7, 4]))).toThrow(
      new ShapeError(
        'fc',
        'dense takes [batch,features], but the input is [2,7,7,4]; put flatten or globalAvgPool before it',
      ),
    )
    expect(apply(tf.ones([4]))).toThrow(
      new ShapeError(
        'fc',
        'dense takes [batch,features], but the input is [4]; add the batch axis with tf.expandDims(x, 0)',
      ),
    )
    expect(apply(tf.ones([2, 5]))).toThrow(
      new ShapeError(
        'fc',
        'the input [2,5] of dense has 5 features on its last axis, but the weight [4,2] takes 4; give it inputs of the shape that the net was made for, or the parameters of this net',
      ),
    )
    expect(apply(tf.ones([2, 4], 'int32'))).toThrow('fc: dense takes float32, but the input is int32')
  })

  it('is parameters of another layer, or without bias', () => {
    expect(apply(tf.ones([2, 4]), { fc: { weight: tf.ones([4, 3]), bias: tf.ones([3]) } })).toThrow(
      new VariablesError(
        'fc.weight',
        'dense needs [in,2] in its parameters, but the tensor is [4,3]; pass the parameters that init made for this net',
      ),
    )
    expect(apply(tf.ones([2, 4]), { fc: { weight: tf.ones([4, 2]) } })).toThrow('fc.bias: dense needs a tensor [2]')
    expect(() => applyDense({ weight: tf.ones([4, 2]), bias: tf.ones([3, 1]) }, tf.ones([2, 4]))).toThrow(
      'bias: dense needs [out] in its parameters, but the tensor is [3,1]',
    )
  })

  it('is a tensor that is disposed, for flatten', () => {
    const gone = tf.ones([1, 2])
    gone.dispose()
    expect(() => applyFlatten(gone)).toThrow('the input of flatten is disposed')
  })

  it('is options that do not exist', () => {
    expect(() => dense({ units: 3 } as never)).toThrow('dense: there is no option units; use out, bias, initial')
    expect(() => dense({ out: 3, bias: 'no' } as never)).toThrow("dense: bias must be true or false, not 'no'")
    expectTypeOf(applyDense).parameters.toEqualTypeOf<[params: DenseParams, x: tf.Tensor]>()
  })
})

describe('the plan of dense', () => {
  it('draws weight and bias from PyTorch’s interval', () => {
    const { params } = dense({ out: 1000 }).plan([64])
    for (const spec of [params.weight, params.bias!]) {
      const values = spec.initialiser(key(0), spec.shape)
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1 / 8)
      expect(Math.max(...values)).toBeGreaterThan(0.99 / 8)
    }
  })

  it('counts, and takes other first values', () => {
    expect(summary(dense({ out: 10 }), [512])).toMatchObject({ params: 5130, macs: 5120, output: [10] })
    expect(summary(dense({ out: 10, bias: false }), [512]).params).toBe(5120)
    const { weight } = dense({ out: 2, initial: { weight: constant(7) } }).plan([1]).params
    expect([...weight.initialiser(key(0), weight.shape)]).toEqual([7, 7])
  })

  it('says what to do about images and about bad counts', () => {
    expect(() => dense({ out: 2 }).plan([7, 7, 64])).toThrow(
      new ShapeError('', 'dense takes [features], but the input is [7,7,64]; put flatten or globalAvgPool before it'),
    )
    expect(() => dense({ out: 1.5 })).toThrow(
      new OptionsError('dense: out must be a whole number of at least 1, not 1.5'),
    )
    expect(() => sequential({ head: dense({ out: 2 }) }).plan([2, 2, 1])).toThrow('head: dense takes [features]')
  })

  it('flatten has no parameters', () => {
    expectTypeOf(flatten).toEqualTypeOf<Layer<Empty>>()
    expect(summary(flatten, [4, 4, 16])).toMatchObject({ params: 0, output: [256] })
  })
})
