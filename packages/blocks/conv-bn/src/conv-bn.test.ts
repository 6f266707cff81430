import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm, type BatchNormParams, type BatchNormState } from '@resfn/batch-norm'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import { absorb, init, type ParamsOf, ShapeError, type StateOf, summary, withState, zeros } from '@resfn/layer'
import { type Makers, makers } from '@resfn/makers'
import { key } from '@resfn/random'
import { flatten } from '@resfn/tree'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { type ConvBn, convBn } from './conv-bn.ts'

type ConvBnParams = ParamsOf<ConvBn>

const net = convBn({ out: 3, size: 3, stride: 2 })

describeBackends('convBn', () => {
  it('is a convolution, then batch normalisation, in training and evaluation', () => {
    tf.tidy(() => {
      const { params, state } = init(net, key(1), [6, 5, 2])
      const x = draw(2, 2, 6, 5, 2)
      const between = conv2d({ out: 3, size: 3, stride: 2 }).apply(params.conv, x, {})
      const trained = net.train(params, x, key(0))
      expectClose(trained.y, batchNorm().train(params.bn, between, key(0)).y, 0)
      expectClose(trained.seen.bn.mean, tf.mean(between, [0, 1, 2]), 1e-5)
      const next = absorb(0.5)(state, trained.seen)
      expectClose(withState(net, next)(params, x), batchNorm().apply(params.bn, between, next.bn), 0)
    })
  })

  it('does not see a bias of the convolution in training: normalisation takes it away', () => {
    tf.tidy(() => {
      const biased = convBn({ out: 3, size: 1, bias: true })
      const { params } = init(biased, key(3), [4, 4, 2])
      const x = draw(4, 3, 4, 4, 2)
      const moved = { ...params, conv: { ...params.conv, bias: tf.tensor1d([5, -3, 1]) } }
      expectClose(biased.train(moved, x, key(0)).y, biased.train(params, x, key(0)).y, 1e-5)
    })
  })

  it('has the gradients of finite differences, through the statistics of the batch', () => {
    const tree = { params: init(net, key(5), [4, 4, 2]).params, x: draw(6, 2, 4, 4, 2) }
    const upstream = draw(7, 2, 2, 2, 3)
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(net.train(params, x, key(0)).y, upstream))
    checkGradients(f, tree, gradientOf(f, tree), {
      step: 3e-3,
      tolerance: 2e-2,
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    const { params } = init(net, key(0), [4, 4, 1])
    const x = draw(1, 2, 4, 4, 1)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
  })
})

describe('the plan of convBn', () => {
  it('has the trees conv and bn, and counts both', () => {
    const { params, state } = convBn({ out: 64, size: 7, stride: 2 }).plan([224, 224, 3])
    expect(flatten([params, state]).map(({ path }) => path)).toEqual([
      '0.conv.weight',
      '0.bn.weight',
      '0.bn.bias',
      '1.bn.mean',
      '1.bn.variance',
    ])
    expect(summary(convBn({ out: 64, size: 7, stride: 2 }), [224, 224, 3])).toMatchObject({
      params: 9536,
      buffers: 128,
      macs: 118013952,
      output: [112, 112, 64],
    })
    expectTypeOf(net).toEqualTypeOf<ConvBn>()
    expectTypeOf<ConvBnParams>().toEqualTypeOf<{ readonly conv: Conv2dParams; readonly bn: BatchNormParams }>()
    expectTypeOf<StateOf<typeof net>>().toEqualTypeOf<{ readonly bn: BatchNormState }>()
  })

  it('takes other makers of its parts', () => {
    const parts: Makers = {
      ...makers,
      conv: (options) => conv2d({ ...options, bias: true }),
      norm: () => batchNorm({ initial: { weight: zeros } }),
    }
    const { params } = convBn({ out: 2, size: 1 }, parts).plan([1, 1, 1])
    expect(Object.keys(params.conv)).toEqual(['weight', 'bias'])
    expect([...params.bn.weight.initialiser(key(0), [2])]).toEqual([0, 0])
  })

  it('names the part that cannot take its input', () => {
    expect(() => convBn({ out: 2, size: 3 }).plan([9])).toThrow(
      new ShapeError('conv', 'conv2d takes [height,width,channels], but the input is [9]'),
    )
  })
})
