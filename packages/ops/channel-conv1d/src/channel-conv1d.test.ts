import * as tf from '@tensorflow/tfjs-core'
import { expect, expectTypeOf, it } from 'vitest'
import { init, type Layer, ShapeError, VariablesError, zeros } from '@resfn/layer'
import { OptionsError } from '@resfn/options'
import { key } from '@resfn/random'
import {
  checkGradients,
  describeBackends,
  expectClose,
  expectNoLeak,
  expectTorchCase,
  gradientOf,
  torchCases,
} from '@resfn/test-utils'
import { applyChannelConv1d, channelConv1d, type ChannelConv1dParams } from './channel-conv1d.ts'

const cases = torchCases(new URL('./fixtures/torch.json', import.meta.url))

describeBackends('channelConv1d', () => {
  it.each(cases)('has the values and gradients of PyTorch with size $name', (fixture) => {
    expectTorchCase(channelConv1d({ size: Number(fixture.name) }), fixture)
  })

  it('moves along the channels with its input, zeros coming in at the ends', () => {
    tf.tidy(() => {
      const weight = tf.tensor3d([2, -1, 0.5], [3, 1, 1])
      const pulse = (at: number): tf.Tensor => tf.tensor2d([Array.from({ length: 7 }, (_, c) => (c === at ? 1 : 0))])
      expectClose(applyChannelConv1d({ weight }, pulse(3)), [0, 0, 0.5, -1, 2, 0, 0])
      expectClose(applyChannelConv1d({ weight }, pulse(0)), [-1, 2, 0, 0, 0, 0, 0])
      expectClose(applyChannelConv1d({ weight }, pulse(6)), [0, 0, 0, 0, 0, 0.5, -1])
    })
  })

  it('has the gradients of finite differences, with more neighbours than channels too', () => {
    for (const size of [3, 9]) {
      const tree = {
        params: init(channelConv1d({ size }), key(size), [5]).params,
        x: tf.tensor2d([
          [0.3, -1, 2, 0.5, 1],
          [1, 2, -0.5, 0, 0.7],
        ]),
      }
      const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.square(applyChannelConv1d(params, x)))
      checkGradients(f, tree, gradientOf(f, tree))
    }
  })

  it('leaves no tensor behind, gradients included', () => {
    const { params } = init(channelConv1d({ size: 3 }), key(0), [4])
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => applyChannelConv1d(p, tf.ones([2, 4])), params)))
  })

  it('says what is wrong with its input', () => {
    const weight = tf.ones([3, 1, 1])
    expect(() => applyChannelConv1d({ weight }, tf.ones([1, 2, 2, 3]))).toThrow(
      'channelConv1d takes [batch,features], but the input is [1,2,2,3]; put globalAvgPool before it',
    )
    expect(() => applyChannelConv1d({ weight: tf.ones([3]) }, tf.ones([1, 3]))).toThrow(VariablesError)
    expect(() => applyChannelConv1d({ weight: tf.ones([2, 1, 1]) }, tf.ones([1, 3]))).toThrow(
      'applyChannelConv1d: size must be odd, not 2; 3 has a middle',
    )
    expect(() => channelConv1d({ size: 5 }).apply({ weight }, tf.ones([1, 3]), {})).toThrow(VariablesError)
  })
})

it('keeps its shape, and draws within one over the root of its size', () => {
  const plan = channelConv1d({ size: 5 }).plan([64])
  expect(plan).toMatchObject({ kind: 'channelConv1d 5', output: [64], macs: 320 })
  const { initialiser, shape } = plan.params.weight
  expect(shape).toEqual([5, 1, 1])
  const draws = Array.from({ length: 200 }, (_, i) => [...initialiser(key(i), shape)]).flat()
  expect(Math.max(...draws.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(5))
  expect(Math.max(...draws)).toBeGreaterThan(0.9 / Math.sqrt(5))
  expect([
    ...channelConv1d({ size: 1, initial: { weight: zeros } })
      .plan([2])
      .params.weight.initialiser(key(0), [1]),
  ]).toEqual([0])
  expectTypeOf(channelConv1d).returns.toEqualTypeOf<Layer<ChannelConv1dParams>>()
})

it('names wrong options and shapes', () => {
  expect(() => channelConv1d({ size: 4 })).toThrow(
    new OptionsError('channelConv1d: size must be odd, not 4; 5 has a middle'),
  )
  expect(() => channelConv1d({ sise: 3 } as never)).toThrow('did you mean size?')
  expect(() => channelConv1d({ size: 3 }).plan([7, 7, 64])).toThrow(ShapeError)
})
