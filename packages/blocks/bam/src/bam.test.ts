import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { tanh } from '@resfn/activation'
import type { BatchNormParams, BatchNormState } from '@resfn/batch-norm'
import type { Conv2dParams } from '@resfn/conv2d'
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
import { type Bam, bam } from './bam.ts'

const [fixture] = torchCases(new URL('./fixtures/torch.json', import.meta.url))

/** The names of pytorchcv. */
const names: { readonly [path: string]: string } = {
  'channel.fc1': 'ch_att.init_fc.fc',
  'channel.bn1': 'ch_att.init_fc.bn',
  'channel.fc2': 'ch_att.final_fc',
  'spatial.conv1': 'sp_att.init_conv.conv',
  'spatial.bn1': 'sp_att.init_conv.bn',
  'spatial.conv2': 'sp_att.dil_convs.conv1.conv',
  'spatial.bn2': 'sp_att.dil_convs.conv1.bn',
  'spatial.conv3': 'sp_att.dil_convs.conv2.conv',
  'spatial.bn3': 'sp_att.dil_convs.conv2.bn',
  'spatial.conv4': 'sp_att.final_conv',
}
const keyOf = (path: string): string => path.replace(/^\w+\.\w+/, (part) => names[part]!)

const image = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20 }))

describeBackends('bam', () => {
  it('has the values, gradients and statistics of PyTorch', () => {
    expectTorchCase(bam({ hidden: reduceBy(2) }), fixture!, keyOf)
  })

  it('with weights of zero is one and a half times its input: the gate is sigmoid(0)', () => {
    fc.assert(
      fc.property(image, fc.nat(), ([height, width, channels], seed) =>
        tf.tidy(() => {
          const block = bam()
          const { params, state } = init(block, key(seed), [height, width, channels])
          const x = draw(seed, 2, height, width, channels)
          const silent = map(params, (leaf: tf.Tensor) => tf.zerosLike(leaf))
          expectClose(block.apply(silent, x, state), tf.mul(x, 1.5), 1e-6)
        }),
      ),
      { numRuns: 15 },
    )
  })

  it('multiplies each value by 1 to 2', () => {
    fc.assert(
      fc.property(image, fc.nat(), ([height, width, channels], seed) =>
        tf.tidy(() => {
          const block = bam()
          const { params, state } = init(block, key(seed), [height, width, channels])
          const x = tf.add(tf.abs(draw(seed, 2, height, width, channels)), 0.5)
          const gate = tf.div(block.apply(params, x, state), x).dataSync()
          expect([...gate].filter((g) => !(g >= 1 - 1e-6 && g <= 2 + 1e-6))).toEqual([])
        }),
      ),
      { numRuns: 15 },
    )
  })

  it('has the gradients of finite differences', () => {
    const block = bam({ hidden: reduceBy(1), dilation: 2 }, { ...makers, act: tanh })
    const tree = { params: init(block, key(3), [2, 1, 2]).params, x: draw(4, 4, 2, 1, 2) }
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.mean(tf.square(block.train(params, x, key(0)).y))
    checkGradients(f, tree, gradientOf(f, tree), { step: 5e-3, tolerance: 3e-2 })
  })

  it('leaves no tensor behind, gradients included', () => {
    const block = bam()
    const { params, state } = init(block, key(0), [3, 3, 16])
    const x = draw(1, 2, 3, 3, 16)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => block.train(p, x, key(0)).y, params)))
    expectNoLeak(() => tf.tidy(() => void block.apply(params, x, state)))
  })
})

describe('the plan of bam', () => {
  it('has 358,067 parameters at the three bottlenecks of ResNet-50', () => {
    const at = [256, 512, 1024].map((channels) => summary(bam(), [14, 14, channels]).params)
    expect(at).toEqual([17361, 68513, 272193])
    expect(at.reduce((a, b) => a + b)).toBe(25915099 - 25557032)
  })

  it('keeps its shape, and names the types of its trees', () => {
    expect(sequential({ bam1: bam() }).plan([9, 7, 32]).output).toEqual([9, 7, 32])
    expectTypeOf<ParamsOf<Bam>['spatial']['conv4']>().toEqualTypeOf<Conv2dParams>()
    expectTypeOf<ParamsOf<Bam>['channel']['bn1']>().toEqualTypeOf<BatchNormParams>()
    expectTypeOf<StateOf<Bam>['spatial']['bn3']>().toEqualTypeOf<BatchNormState>()
  })

  it('says what is wrong', () => {
    expect(() => bam().plan([64])).toThrow(ShapeError)
    expect(() => bam({ dilation: 0 })).toThrow('bam: dilation must be a whole number of at least 1, not 0')
  })
})
