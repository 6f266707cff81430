import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { dense, type DenseParams } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import { constant, type Empty, init, type Layer, repeat, sequential, ShapeError, summary, zeros } from '@resfn/layer'
import { OptionsError } from '@resfn/options'
import { key } from '@resfn/random'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { layerScale, reZero } from './branch.ts'
import { applyScale, applyScaleBy, scale, scaleBy, type ScaleParams } from './scale.ts'

const number = fc.float({ min: -8, max: 8, noNaN: true })
const by = (factor: number, x: tf.Tensor): tf.Tensor => applyScaleBy(x, { factor })

describeBackends('scale', () => {
  it('by 1 is the identity, by 0 nothing, and one factor after the other is their product', () => {
    fc.assert(
      fc.property(fc.nat(), number, number, (seed, a, b) => {
        tf.tidy(() => {
          const x = draw(seed, 2, 5)
          expectClose(by(1, x), x, 0)
          expectClose(by(0, x), new Float32Array(10), 0)
          expectClose(by(a, by(b, x)), by(a * b, x), 1e-5)
        })
      }),
      { numRuns: 30 },
    )
  })

  it('is linear: c (x + y) = c x + c y', () => {
    fc.assert(
      fc.property(fc.nat(), number, (seed, c) => {
        tf.tidy(() => {
          const [x, y] = [draw(seed, 7), draw(seed + 1, 7)]
          expectClose(by(c, tf.add(x, y)), tf.add(by(c, x), by(c, y)), 1e-5)
        })
      }),
      { numRuns: 30 },
    )
  })

  it('multiplies each channel by its own weight', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), (seed, channels) => {
        tf.tidy(() => {
          const [weight, x] = [draw(seed, channels), draw(seed + 1, 2, 3, 2, channels)]
          const expected = Array.from(x.dataSync(), (value, i) => value * weight.dataSync()[i % channels]!)
          expectClose(applyScale({ weight }, x), expected, 1e-6)
        })
      }),
      { numRuns: 20 },
    )
  })

  it('has the gradient d loss / d weight = sum of x dy, over all but the channels', () => {
    tf.tidy(() => {
      const [x, dy] = [draw(1, 4, 2, 2, 3), draw(2, 4, 2, 2, 3)]
      const gradient = (weight: tf.Tensor): tf.Tensor =>
        gradientOf((params: ScaleParams) => applyScale(params, x), { weight }, dy).weight
      expectClose(gradient(tf.scalar(0.3)), tf.sum(tf.mul(x, dy)), 1e-5)
      expectClose(gradient(tf.tensor1d([1, 2, 3])), tf.sum(tf.mul(x, dy), [0, 1, 2]), 1e-5)
    })
  })

  it('has the gradients of finite differences', () => {
    for (const per of ['layer', 'channel'] as const) {
      const net = scale({ per, initial: { weight: constant(0.7) } })
      const tree = { params: init(net, key(0), [2, 2, 3]).params, x: draw(3, 2, 2, 2, 3) }
      const f = ({ params, x }: typeof tree): tf.Tensor => tf.mean(tf.square(net.apply(params, x, {})))
      checkGradients(f, tree, gradientOf(f, tree))
    }
  })

  it('of 0 at the end of a branch makes the block the identity, and only the scale learns at first', () => {
    tf.tidy(() => {
      const block = identityAdd(
        sequential({ fc: dense({ out: 4 }), scale: scale({ per: 'layer', initial: { weight: zeros } }) }),
      )
      const { params } = init(block, key(1), [4])
      const x = draw(2, 3, 4)
      expect([...block.apply(params, x, {}).dataSync()]).toEqual([...x.dataSync()])
      const gradients = gradientOf((p) => tf.square(block.train(p, x, key(0)).y), params)
      expect([...gradients.fc.weight.dataSync()].every((g) => g === 0)).toBe(true)
      expect(gradients.scale.weight.dataSync()[0]).not.toBe(0)
    })
  })

  it('on the shortcut makes the gradient a power of the factor: it vanishes below 1 and grows above', () => {
    const through = (factor: number): number => {
      const x = tf.tensor1d([1])
      const net = (input: tf.Tensor): tf.Tensor =>
        Array.from({ length: 54 }).reduce((y: tf.Tensor) => by(factor, y), input)
      return gradientOf(net, x).dataSync()[0]!
    }
    expect(through(0.5)).toBe(0.5 ** 54)
    expect(through(1)).toBe(1)
    expectClose(through(1.1), 171.9, 1e-3)
  })

  it('on the loss scales every gradient alike: unscaled by the same power of 2, not a bit is lost', () => {
    tf.tidy(() => {
      const net = dense({ out: 2 })
      const { params } = init(net, key(4), [3])
      const x = draw(5, 2, 3)
      const gradients = (factor: number): DenseParams =>
        gradientOf((p) => by(factor, tf.mean(tf.square(net.apply(p, x, {})))), params)
      const [plain, scaled] = [gradients(1), gradients(1024)]
      expect([...by(1 / 1024, scaled.weight).dataSync()]).toEqual([...plain.weight.dataSync()])
    })
  })

  it('on the input brings bytes into [0, 1]', () => {
    expectClose(by(1 / 255, tf.tensor1d([0, 51, 255])), [0, 0.2, 1], 1e-6)
  })

  it('leaves no tensor behind, gradients included', () => {
    const params = { weight: tf.tensor1d([1, 2]) }
    const x = tf.ones([3, 2])
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => by(2, applyScale(p, x)), params)))
  })
})

describeBackends('the scales of a branch', () => {
  it('are small for each channel with layerScale, and 0 with reZero', () => {
    const { params } = init(sequential({ layerScale: layerScale(), reZero }), key(0), [2, 2, 3])
    expectClose(params.layerScale.weight, [1e-5, 1e-5, 1e-5], 1e-6)
    expect(params.reZero.weight.shape).toEqual([])
    expectClose(params.reZero.weight, 0, 0)
    expect(layerScale().plan([2, 2, 3]).kind).toBe('scale per channel')
    expect(() => layerScale(Number.NaN)).toThrow('layerScale: value must be a finite number, not NaN')
  })

  it('make a stack of blocks the identity at first, whatever its depth', () => {
    tf.tidy(() => {
      const block = identityAdd(sequential({ fc: dense({ out: 4 }), reZero }))
      const net = repeat(Array.from({ length: 20 }, () => block))
      const x = draw(2, 3, 4)
      expectClose(net.apply(init(net, key(1), [4]).params, x, []), x, 0)
    })
  })
})

describe('wrong input of scale', () => {
  it('is other channels, another weight or a disposed tensor', () => {
    const net = sequential({ scale: scale({ per: 'channel' }) })
    const { params } = init(net, key(0), [3])
    expect(() => net.apply(params, tf.ones([2, 4]), {})).toThrow(
      'scale: the input [2,4] of scale has 4 features on its last axis, but the weight [3] takes 3',
    )
    expect(() => net.apply({ scale: { weight: tf.scalar(1) } }, tf.ones([2, 3]), {})).toThrow(
      'scale.weight: scale needs [channels] in its parameters, but the tensor is []',
    )
    const gone = tf.ones([2])
    gone.dispose()
    expect(() => applyScaleBy(gone, { factor: 2 })).toThrow('the input of scaleBy is disposed')
    expect(() => applyScale({} as never, tf.ones([2]))).toThrow('weight: scale needs a tensor')
  })

  it('is not integers: a constant brings bytes into range', () => {
    expectClose(applyScaleBy(tf.tensor1d([0, 255], 'int32'), { factor: 1 / 255 }), [0, 1])
  })

  it('has options last', () => {
    expectTypeOf(applyScale).parameters.toEqualTypeOf<[params: ScaleParams, x: tf.Tensor]>()
    expectTypeOf(applyScaleBy).parameters.toEqualTypeOf<[x: tf.Tensor, options: { readonly factor: number }]>()
  })
})

describe('the plan of scale', () => {
  it('has one weight, or one for each channel, of the given first value', () => {
    expect(summary(scale({ per: 'layer' }), [4, 4, 8])).toMatchObject({ params: 1, output: [4, 4, 8], macs: 0 })
    expect(summary(scale({ per: 'channel' }), [4, 4, 8]).params).toBe(8)
    expect(summary(scaleBy(0.5), [4, 4, 8])).toMatchObject({ params: 0, output: [4, 4, 8] })
    const { weight } = scale({ per: 'channel', initial: { weight: constant(1e-5) } }).plan([2]).params
    expect([...weight.initialiser(key(0), weight.shape)]).toEqual([Math.fround(1e-5), Math.fround(1e-5)])
    expectTypeOf(scale({ per: 'layer' })).toEqualTypeOf<Layer<ScaleParams>>()
    expectTypeOf(scaleBy(2)).toEqualTypeOf<Layer<Empty>>()
  })

  it('says what it cannot take', () => {
    expect(() => scale({ per: 'channel' }).plan([])).toThrow(
      new ShapeError('', 'a scale per channel needs an input with a channel axis, but the input is []'),
    )
    expect(() => scaleBy(Number.NaN)).toThrow(new OptionsError('scaleBy: factor must be a finite number, not NaN'))
    expect(() => scaleBy(Infinity)).toThrow(RangeError)
    expect(() => scale({ per: 'chanel' as 'channel' })).toThrow(
      "scale: per must be one of 'layer', 'channel', not 'chanel'",
    )
    expect(() => scale({ per: 'layer', initial: 0 as never })).toThrow('initial must be a record of weight')
  })
})
