import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, expectTypeOf, it } from 'vitest'
import type { ChannelConv1dParams } from '@resfn/channel-conv1d'
import { init, type ParamsOf, sequential, ShapeError, summary } from '@resfn/layer'
import { key } from '@resfn/random'
import { map } from '@resfn/tree'
import {
  checkGradients,
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  expectTorchCase,
  gradientOf,
  torchCases,
} from '@resfn/test-utils'
import { type EfficientChannelAttention, efficientChannelAttention, neighbours } from './index.ts'

const cases = torchCases(new URL('./fixtures/torch.json', import.meta.url))

const image = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 }))
const block = efficientChannelAttention()

describeBackends('efficientChannelAttention', () => {
  it.each(cases)('has the values and gradients of timm (case %$)', (fixture) => expectTorchCase(block, fixture))

  it('with weights of zero is half its input: the gate is sigmoid(0)', () => {
    fc.assert(
      fc.property(image, fc.nat(), ([height, width, channels], seed) =>
        tf.tidy(() => {
          const { params } = init(block, key(seed), [height, width, channels])
          const x = draw(seed, 2, height, width, channels)
          const silent = map(params, (leaf: tf.Tensor) => tf.zerosLike(leaf))
          expectClose(block.apply(silent, x, {}), tf.div(x, 2), 1e-6)
        }),
      ),
      { numRuns: 20 },
    )
  })

  it('weights each channel by one number from 0 to 1, which depends on its neighbours alone', () => {
    tf.tidy(() => {
      const { params } = init(block, key(1), [2, 3, 16])
      const x = tf.add(tf.abs(draw(2, 1, 2, 3, 16)), 0.5)
      const gate = (input: tf.Tensor): tf.Tensor => tf.div(block.apply(params, input, {}), input)
      expectClose(gate(x), tf.add(tf.zerosLike(x), tf.mean(gate(x), [1, 2], true)))
      expect([...gate(x).dataSync()].filter((g) => !(g > 0 && g < 1))).toEqual([])
      const lastBrighter = tf.mul(x, tf.tensor1d([...Array.from({ length: 15 }, () => 1), 3]))
      const change = tf.mean(tf.abs(tf.sub(gate(lastBrighter), gate(x))), [0, 1, 2]).dataSync()
      expect(Math.max(...change.slice(0, 14))).toBeLessThan(1e-6)
      expect(Math.min(...change.slice(14))).toBeGreaterThan(1e-4)
    })
  })

  it('has the gradients of finite differences', () => {
    const tree = { params: init(block, key(3), [2, 2, 4]).params, x: draw(4, 2, 2, 2, 4) }
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.square(block.train(params, x, key(0)).y))
    checkGradients(f, tree, gradientOf(f, tree))
  })

  it('leaves no tensor behind, gradients included', () => {
    const { params } = init(block, key(0), [3, 3, 4])
    const x = draw(1, 2, 3, 3, 4)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => block.train(p, x, key(0)).y, params)))
  })
})

it('sees as many neighbours as timm has it', () => {
  expect([1, 8, 16, 32, 64, 127, 128, 256, 512, 1024, 2048, 4096].map(neighbours)).toEqual([
    3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 7, 7,
  ])
})

it('adds 86 parameters to ResNet-50, under one name', () => {
  const added = [
    [256, 3],
    [512, 4],
    [1024, 6],
    [2048, 3],
  ].reduce((sum, [channels, blocks]) => sum + blocks! * summary(block, [7, 7, channels!]).params, 0)
  expect(added).toBe(86)
  expect(summary(sequential({ se: efficientChannelAttention({ size: () => 9 }) }), [7, 7, 64]).params).toBe(9)
  expectTypeOf<ParamsOf<EfficientChannelAttention>>().toEqualTypeOf<{ readonly conv: ChannelConv1dParams }>()
})

it('says what is wrong', () => {
  expect(() => sequential({ se: block }).plan([64])).toThrow(
    new ShapeError('se.squeeze', 'globalAvgPool takes [height,width,channels], but the input is [64]'),
  )
  expect(() => efficientChannelAttention({ size: 3 as never })).toThrow(
    'efficientChannelAttention: size must be a function, not 3',
  )
})
