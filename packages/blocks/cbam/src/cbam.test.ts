import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { tanh } from '@resfn/activation'
import { batchNorm, type BatchNormParams } from '@resfn/batch-norm'
import type { Conv2dParams } from '@resfn/conv2d'
import type { DenseParams } from '@resfn/dense'
import { init, type ParamsOf, sequential, ShapeError, type StateOf, summary } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { key } from '@resfn/random'
import { reduceBy } from '@resfn/squeeze-and-excitation'
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
import { type Cbam, cbam, cbamChannel, channelMax, channelMean, cbamSpatial } from './index.ts'

const cases = torchCases(new URL('./fixtures/torch.json', import.meta.url))

/** The names of timm and of pytorchcv. */
const published = {
  timm: {
    block: cbam({ hidden: reduceBy(2) }),
    keyOf: (path: string) => path,
  },
  pytorchcv: {
    block: cbam({ bias: true, maps: { max: channelMax, mean: channelMean } }),
    keyOf: (path: string) => path.replace('channel.', 'ch_gate.mlp.').replace('spatial.', 'sp_gate.'),
  },
} as const

const image = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 20 }))

describeBackends('cbam', () => {
  it.each(cases)('has the values, gradients and statistics of $name', (fixture) => {
    const { block, keyOf } = published[fixture.name as keyof typeof published]
    expectTorchCase(block, fixture, keyOf)
  })

  it('with weights of zero is a quarter of its input: both gates are sigmoid(0)', () => {
    fc.assert(
      fc.property(image, fc.nat(), ([height, width, channels], seed) =>
        tf.tidy(() => {
          const block = cbam()
          const { params, state } = init(block, key(seed), [height, width, channels])
          const x = draw(seed, 2, height, width, channels)
          const silent = map(params, (leaf: tf.Tensor) => tf.zerosLike(leaf))
          expectClose(block.apply(silent, x, state), tf.div(x, 4), 1e-6)
        }),
      ),
      { numRuns: 15 },
    )
  })

  it('has gates from 0 to 1: one for each channel, then one for each pixel', () => {
    tf.tidy(() => {
      const x = tf.add(tf.abs(draw(1, 2, 3, 4, 5)), 0.5)
      const within = (gate: tf.Tensor, axes: number[]): void => {
        expectClose(gate, tf.add(tf.zerosLike(gate), tf.mean(gate, axes, true)))
        expect([...gate.dataSync()].filter((g) => !(g > 0 && g < 1))).toEqual([])
      }
      const channel = cbamChannel()
      within(tf.div(channel.apply(init(channel, key(2), [3, 4, 5]).params, x, {}), x), [1, 2])
      const spatial = cbamSpatial()
      const { params, state } = init(spatial, key(3), [3, 4, 5])
      within(tf.div(spatial.apply(params, x, state), x), [3])
    })
  })

  it('pools over the channels of each pixel', () => {
    const x = tf.tensor4d([1, 2, 6, -1, -5, -3], [1, 1, 2, 3])
    expectClose(channelMean.apply({}, x, {}), [3, -3])
    expectClose(channelMax.apply({}, x, {}), [6, -1])
    expect(() => channelMax.apply({}, tf.ones([1, 3]), {})).toThrow('channelMax takes [batch,height,width,channels]')
  })

  it('has the gradients of finite differences', () => {
    const block = cbam({ hidden: reduceBy(1), size: 1 }, { ...makers, act: tanh })
    const tree = { params: init(block, key(3), [2, 3, 3]).params, x: draw(4, 2, 2, 3, 3) }
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.square(block.train(params, x, key(0)).y))
    checkGradients(f, tree, gradientOf(f, tree), { step: 3e-3, tolerance: 2e-2 })
  })

  it('leaves no tensor behind, gradients included', () => {
    const block = cbam()
    const { params, state } = init(block, key(0), [3, 3, 4])
    const x = draw(1, 2, 3, 3, 4)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => block.train(p, x, key(0)).y, params)))
    expectNoLeak(() => block.apply(params, x, state).dispose())
  })
})

describe('the plan of cbam', () => {
  it('adds 2,514,944 weights and 100 a block to ResNet-50, and biases where it is told so', () => {
    const added = (block: Cbam): number =>
      [
        [256, 3],
        [512, 4],
        [1024, 6],
        [2048, 3],
      ].reduce((sum, [channels, blocks]) => sum + blocks! * summary(block, [7, 7, channels!]).params, 0)
    expect(added(cbam())).toBe(2514944 + 1600)
    expect(added(cbam({ bias: true }))).toBe(28089624 - 25557032)
  })

  it('has the trees of timm, with their types', () => {
    const { rows, output } = summary(sequential({ se: cbam() }), [7, 7, 64])
    expect(output).toEqual([7, 7, 64])
    expect(rows.filter(({ params, depth }) => params > 0 && depth > 1).map(({ path }) => path)).toEqual([
      'se.channel.fc1',
      'se.channel.fc2',
      'se.spatial.conv',
      'se.spatial.conv.conv',
      'se.spatial.conv.bn',
    ])
    expectTypeOf<ParamsOf<Cbam>>().toEqualTypeOf<{
      readonly channel: { readonly fc1: DenseParams; readonly fc2: DenseParams }
      readonly spatial: { readonly conv: { readonly conv: Conv2dParams; readonly bn: BatchNormParams } }
    }>()
    expectTypeOf<keyof StateOf<Cbam>>().toEqualTypeOf<'spatial'>()
  })

  it('takes other makers', () => {
    const { params } = cbamSpatial({}, { ...makers, norm: () => batchNorm({ epsilon: 1e-3 }) }).plan([7, 7, 4])
    expect(params.conv.conv.weight.shape).toEqual([7, 7, 2, 1])
  })

  it('says what is wrong', () => {
    expect(() => cbam().plan([64])).toThrow(ShapeError)
    expect(() => cbam({ biass: true } as never)).toThrow('did you mean bias?')
    expect(() => cbamSpatial({ maps: channelMean.apply as never })).toThrow(
      'cbamSpatial: maps must be a record of layers, not a function',
    )
  })
})
