import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { constant, init, type Layer, sequential, ShapeError, summary } from '@resfn/layer'
import { key } from '@resfn/random'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { applyShift, shift, type ShiftParams } from './shift.ts'

describeBackends('shift', () => {
  it('adds its number, or the number of each channel', () => {
    expectClose(applyShift({ bias: tf.scalar(2) }, tf.tensor1d([1, -2])), [3, 0])
    expectClose(applyShift({ bias: tf.tensor1d([1, 10]) }, tf.zeros([2, 2])), [1, 10, 1, 10])
  })

  it('has the gradient d loss / d bias = sum of dy, over all but the channels', () => {
    tf.tidy(() => {
      const [x, dy] = [draw(1, 4, 2, 2, 3), draw(2, 4, 2, 2, 3)]
      const gradient = (bias: tf.Tensor): tf.Tensor =>
        gradientOf((params: ShiftParams) => applyShift(params, x), { bias }, dy).bias
      expectClose(gradient(tf.scalar(0.3)), tf.sum(dy), 1e-5)
      expectClose(gradient(tf.tensor1d([1, 2, 3])), tf.sum(dy, [0, 1, 2]), 1e-5)
    })
  })

  it('has the gradients of finite differences', () => {
    for (const per of ['layer', 'channel'] as const) {
      const net = shift({ per, initial: { bias: constant(0.7) } })
      const tree = { params: init(net, key(0), [2, 2, 3]).params, x: draw(3, 2, 2, 2, 3) }
      const f = ({ params, x }: typeof tree): tf.Tensor => tf.mean(tf.square(net.apply(params, x, {})))
      checkGradients(f, tree, gradientOf(f, tree))
    }
  })

  it('leaves no tensor behind, gradients included', () => {
    const params = { bias: tf.tensor1d([1, 2]) }
    const x = tf.ones([3, 2])
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => applyShift(p, x), params)))
  })
})

describe('the plan of shift', () => {
  it('has one bias, or one for each channel, of the given first value', () => {
    expect(summary(shift({ per: 'layer' }), [4, 4, 8])).toMatchObject({ params: 1, output: [4, 4, 8], macs: 0 })
    expect(summary(shift({ per: 'channel' }), [4, 4, 8]).params).toBe(8)
    expect([...init(shift({ per: 'channel' }), key(0), [2]).params.bias.dataSync()]).toEqual([0, 0])
    expectTypeOf(shift({ per: 'layer' })).toEqualTypeOf<Layer<ShiftParams>>()
  })

  it('says what it cannot take', () => {
    const net = sequential({ shift: shift({ per: 'channel' }) })
    expect(() => net.apply(init(net, key(0), [3]).params, tf.ones([2, 4]), {})).toThrow(
      'shift: the input [2,4] of shift has 4 features on its last axis, but the weight [3] takes 3',
    )
    expect(() => net.apply({ shift: { bias: tf.scalar(1) } }, tf.ones([2, 3]), {})).toThrow(
      'shift.bias: shift needs [channels] in its parameters, but the tensor is []',
    )
    expect(() => shift({ per: 'channel' }).plan([])).toThrow(
      new ShapeError('', 'a shift per channel needs an input with a channel axis, but the input is []'),
    )
    expect(() => shift({ per: 'pixel' as 'layer' })).toThrow(
      "shift: per must be one of 'layer', 'channel', not 'pixel'",
    )
    expect(() => applyShift({} as never, tf.ones([2]))).toThrow('bias: shift needs a tensor')
  })
})
