import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Empty,
  init,
  type Layer,
  sequential,
  ShapeError,
  type StateOf,
  summary,
  VariablesError,
} from '@resfn/layer'
import { OptionsError } from '@resfn/options'
import { key } from '@resfn/random'
import {
  checkGradients,
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  gradientOf,
  readFixture,
  tensorOf,
  type Values,
} from '@resfn/test-utils'
import { applyGroupNorm, groupNorm, type GroupNormParams } from './index.ts'

type Case = { readonly [name in 'x' | 'weight' | 'bias' | 'y' | 'dy' | 'dx' | 'dweight' | 'dbias']: Values } & {
  readonly groups: number
  readonly epsilon: number
}
const { cases } = readFixture<{ readonly cases: readonly Case[] }>(new URL('./fixtures/torch.json', import.meta.url))

type Inputs = { readonly params: GroupNormParams; readonly x: tf.Tensor }
const inputsOf = (seed: number, ...shape: number[]): Inputs => ({
  params: { weight: draw(seed + 1, shape.at(-1)!), bias: draw(seed + 2, shape.at(-1)!) },
  x: draw(seed, ...shape),
})

describeBackends('groupNorm', () => {
  it.each(cases)('has the values and gradients of PyTorch ($groups groups)', (fixture) => {
    tf.tidy(() => {
      const { groups, epsilon } = fixture
      const [x, weight, bias] = [fixture.x, fixture.weight, fixture.bias].map(tensorOf) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ]
      const f = ({ params, x }: Inputs): tf.Tensor => applyGroupNorm(params, x, { groups, epsilon })
      const inputs: Inputs = { params: { weight, bias }, x }
      expectClose(f(inputs), fixture.y.values)
      const gradients = gradientOf(f, inputs, tensorOf(fixture.dy))
      expectClose(gradients.x, fixture.dx.values)
      expectClose(gradients.params.weight, fixture.dweight.values)
      expectClose(gradients.params.bias, fixture.dbias.values)
    })
  })

  it('gives each sample and group the mean of its biases and the variance of its weights', () => {
    const shapes = fc.record({
      image: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 4 })),
      groups: fc.integer({ min: 1, max: 4 }),
      each: fc.integer({ min: 1, max: 3 }),
      shift: fc.integer({ min: -100, max: 100 }),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(shapes, ({ image: [height, width], groups, each, shift, seed }) =>
        tf.tidy(() => {
          const channels = groups * each
          const x = tf.add(tf.mul(draw(seed, 2, height, width, channels), 10), shift)
          const params = { weight: tf.ones([channels]), bias: tf.zeros([channels]) }
          const y = tf.reshape(applyGroupNorm(params, x, { groups }), [2, height * width, groups, each])
          const { mean, variance } = tf.moments(y, [1, 3])
          for (const value of mean.dataSync()) expect(Math.abs(value)).toBeLessThan(1e-4)
          for (const value of variance.dataSync()) expect(Math.abs(value - 1)).toBeLessThan(1e-2)
        }),
      ),
      { numRuns: 25 },
    )
  })

  it('does not look at the other samples of its batch, and does the same in training and evaluation', () => {
    tf.tidy(() => {
      const net = groupNorm({ groups: 2 })
      const { params, x } = inputsOf(3, 3, 4, 4, 6)
      const whole = net.apply(params, x, {})
      expectClose(net.apply(params, tf.slice(x, 1, 1), {}), tf.slice(whole, 1, 1))
      expectClose(net.train(params, x, key(0)).y, whole, 0)
    })
  })

  it('has the gradients of finite differences', () => {
    for (const shape of [
      [2, 3, 2, 4],
      [3, 10],
    ]) {
      const inputs = inputsOf(5, ...shape)
      const upstream = draw(9, ...shape)
      const f = ({ params, x }: Inputs): tf.Tensor => tf.sum(tf.mul(applyGroupNorm(params, x, { groups: 2 }), upstream))
      checkGradients(f, inputs, gradientOf(f, inputs), { step: 3e-3, tolerance: 1e-2 })
    }
  })

  it('leaves no tensor behind, gradients included', () => {
    const inputs = inputsOf(7, 2, 3, 3, 4)
    const f = ({ params, x }: Inputs): tf.Tensor => applyGroupNorm(params, x, { groups: 2 })
    expectNoLeak(() => f(inputs).dispose())
    expectNoLeak(() => tf.tidy(() => void gradientOf(f, inputs)))
  })

  it('says what is wrong and where', () => {
    const { params, x } = inputsOf(1, 2, 3, 3, 6)
    expect(() => groupNorm({ groups: 0 })).toThrow(
      new OptionsError('groupNorm: groups must be a whole number of at least 1, not 0'),
    )
    expect(() => sequential({ norm: groupNorm() }).plan([4, 4, 48])).toThrow(
      new ShapeError('norm', 'groupNorm: 32 groups do not divide 48 channels; give a number of groups that does'),
    )
    expect(() => applyGroupNorm(params, x, { groups: 4 })).toThrow(ShapeError)
    expect(() => applyGroupNorm({ ...params, bias: tf.zeros([5]) }, x, { groups: 2 })).toThrow(VariablesError)
    expect(() => groupNorm().plan([4, 4])).toThrow(/^groupNorm takes/)
  })
})

describe('the plan of groupNorm', () => {
  it('has a weight and a bias for each channel, and no state', () => {
    const net = groupNorm()
    expect(summary(net, [8, 8, 64])).toMatchObject({ params: 128, buffers: 0, macs: 0, output: [8, 8, 64] })
    expect(net.plan([64]).kind).toBe('groupNorm 32')
    expectTypeOf(net).toEqualTypeOf<Layer<GroupNormParams>>()
    expectTypeOf<StateOf<typeof net>>().toEqualTypeOf<Empty>()
  })

  it('starts as the normalisation alone', () => {
    tf.tidy(() => {
      const { params } = init(groupNorm({ groups: 2 }), key(0), [4])
      expectClose(params.weight, [1, 1, 1, 1], 0)
      expectClose(params.bias, [0, 0, 0, 0], 0)
    })
  })
})
