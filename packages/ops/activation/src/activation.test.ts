import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Empty, type Layer, summary } from '@resfn/layer'
import {
  checkGradients,
  describeBackends,
  expectClose,
  expectNoLeak,
  gradientOf,
  readFixture,
  type Values,
} from '@resfn/test-utils'
import { activation, type ActivationName, applyActivation, relu, sigmoid, tanh } from './activation.ts'

type Case = { readonly name: ActivationName } & { readonly [name in 'x' | 'y' | 'dx']: Values }
const { cases } = readFixture<{ readonly cases: readonly Case[] }>(new URL('./fixtures/torch.json', import.meta.url))
const names = cases.map(({ name }) => name)

const slope = (layer: Layer<Empty>, x: tf.Tensor): tf.Tensor => gradientOf((at) => layer.apply({}, at, {}), x)

describeBackends('activation', () => {
  it.each(cases.map((example) => [example.name, example] as const))(
    '%s equals PyTorch in value and gradient',
    (name, { x, y, dx }) => {
      const input = tf.tensor1d(x.values)
      expectClose(activation(name).apply({}, input, {}), y.values, 1e-6)
      expectClose(slope(activation(name), input), dx.values, 2e-6)
    },
  )

  it.each(names)('%s has the gradient of finite differences, away from its kinks', (name) => {
    const params = {
      x: tf.tensor2d([
        [-2.5, -1.2, -0.4],
        [0.3, 1.7, 4.1],
      ]),
    }
    const f = (tree: typeof params): tf.Tensor => tf.sum(tf.square(activation(name).apply({}, tree.x, {})))
    checkGradients(f, params, gradientOf(f, params))
  })

  it('relu sends no gradient where the input is 0', () => {
    expect([...slope(relu, tf.tensor1d([0, -0, 1])).dataSync()]).toEqual([0, 0, 1])
  })

  it('relu is idempotent and the shape stays, whatever the shape', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 30 }),
        (values) => {
          tf.tidy(() => {
            const once = relu.apply({}, tf.tensor(values, [1, values.length, 1]), {})
            expect(once.shape).toEqual([1, values.length, 1])
            expect([...relu.apply({}, once, {}).dataSync()]).toEqual([...once.dataSync()])
          })
        },
      ),
      { numRuns: 30 },
    )
  })

  it('sigmoid and tanh stay within their bounds for large inputs, and agree with each other: tanh(x) = 2 sigmoid(2x) - 1', () => {
    const x = tf.tensor1d([-1000, -3, -0.1, 0, 0.1, 3, 1000])
    expect([...sigmoid.apply({}, x, {}).dataSync()].filter((y) => !(y >= 0 && y <= 1))).toEqual([])
    expectClose(tf.sub(tf.mul(sigmoid.apply({}, tf.mul(x, 2), {}), 2), 1), tanh.apply({}, x, {}), 1e-6)
  })

  it('silu and gelu are products with their own gates', () => {
    const x = tf.linspace(-6, 6, 101)
    expectClose(applyActivation(x, 'silu'), tf.mul(x, sigmoid.apply({}, x, {})), 1e-6)
    expectClose(applyActivation(x, 'hardSwish'), tf.mul(x, applyActivation(x, 'hardSigmoid')), 1e-6)
    // gelu(x) - gelu(-x) = x, and the tanh form is within 5e-4 of it.
    expectClose(tf.sub(applyActivation(x, 'gelu'), applyActivation(tf.neg(x), 'gelu')), x, 1e-6)
    expect(
      tf.max(tf.abs(tf.sub(applyActivation(x, 'gelu'), applyActivation(x, 'geluTanh')))).dataSync()[0],
    ).toBeLessThan(5e-4)
  })

  it('leaves no tensor behind, gradients included', () => {
    const x = tf.tensor1d([-1, 1])
    for (const name of names) expectNoLeak(() => tf.tidy(() => void slope(activation(name), x)))
  })
})

describe('wrong input of an activation', () => {
  it('is an unknown name, a disposed tensor or not a tensor', () => {
    expect(() => activation('rlu' as 'relu')).toThrow("activation: name must be one of 'relu'")
    expect(() => applyActivation(tf.ones([1]), 'swish' as 'relu')).toThrow("not 'swish'")
    const gone = tf.ones([1])
    gone.dispose()
    expect(() => applyActivation(gone, 'tanh')).toThrow('the input of tanh is disposed')
    expect(() => relu.apply({}, 3 as never, {})).toThrow('relu takes a tensor, not 3')
    expectTypeOf(applyActivation).parameters.toEqualTypeOf<[x: tf.Tensor, name: ActivationName]>()
  })
})

describe('the plan of an activation', () => {
  it('keeps the shape, has no parameters and is named after the function', () => {
    for (const name of names)
      expect(activation(name).plan([4, 4, 2])).toMatchObject({ kind: name, output: [4, 4, 2], params: {}, macs: 0 })
    expect(summary(relu, [10]).params).toBe(0)
    expectTypeOf(relu).toEqualTypeOf<Layer<Empty>>()
  })
})
