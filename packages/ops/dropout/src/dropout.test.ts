import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Empty, type Layer, sequential } from '@resfn/layer'
import { type Key, key, uniform } from '@resfn/random'
import { describeBackends, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { applyDropout, dropout, type DropoutOptions } from './dropout.ts'

const per = ['value', 'channel', 'sample'] as const

describeBackends('dropout', () => {
  it('drops the share of the rate and scales the rest, so that the mean stays', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0.1, 0.25, 0.5, 0.9, 0.999), (seed, rate) => {
        tf.tidy(() => {
          const y = applyDropout(tf.ones([10, 4000]), key(seed), { rate }).dataSync<'float32'>()
          const kept = y.filter((value) => value !== 0)
          const deviation = Math.sqrt((rate * (1 - rate)) / y.length)
          expect(Math.abs(kept.length / y.length - (1 - rate))).toBeLessThan(5 * deviation)
          expectClose(kept, new Float32Array(kept.length).fill(1 / (1 - rate)), 1e-6)
          expect(Math.abs(y.reduce((sum, value) => sum + value, 0) / y.length - 1)).toBeLessThan(
            (5 * deviation) / (1 - rate),
          )
        })
      }),
      { numRuns: 8 },
    )
  })

  it('keeps what the draws below 1 - rate belong to, whatever the backend', () => {
    const draws = uniform(key(3), 24)
    const y = applyDropout(tf.ones([2, 2, 2, 3]), key(3), { rate: 0.4 })
    expectClose(
      y,
      draws.map((draw) => (draw < 0.6 ? 1 / 0.6 : 0)),
    )
    const channels = applyDropout(tf.ones([2, 2, 2, 3]), key(3), { rate: 0.4, per: 'channel' })
    expectClose(
      channels,
      Float32Array.from({ length: 24 }, (_, i) => (draws[Math.floor(i / 12) * 3 + (i % 3)]! < 0.6 ? 1 / 0.6 : 0)),
    )
    const samples = applyDropout(tf.ones([2, 2, 2, 3]), key(3), { rate: 0.4, per: 'sample' })
    expectClose(
      samples,
      Float32Array.from({ length: 24 }, (_, i) => (draws[Math.floor(i / 12)]! < 0.6 ? 1 / 0.6 : 0)),
    )
  })

  it('is a function of the key: the same again, and another for another key', () => {
    for (const what of per) {
      const options = { rate: 0.5, per: what }
      const at = (seed: number): number[] => [...applyDropout(tf.ones([64, 2, 2, 2]), key(seed), options).dataSync()]
      expect(at(1)).toEqual(at(1))
      expect(at(1)).not.toEqual(at(2))
    }
  })

  it('gives the gradient the mask of the values', () => {
    tf.tidy(() => {
      const x = tf.ones([4, 3, 3, 2])
      for (const what of per) {
        const layer = dropout({ rate: 0.5, per: what })
        const f = (at: tf.Tensor): tf.Tensor => layer.train({}, at, key(5)).y
        expectClose(gradientOf(f, x), f(x), 0)
      }
    })
  })

  it('is the identity at rate 0 and in evaluation, and nothing at rate 1', () => {
    const x = tf.tensor2d([[1, -2, 3]])
    expect(dropout({ rate: 0 }).train({}, x, key(0)).y).toBe(x)
    expect(dropout({ rate: 0.9 }).apply({}, x, {})).toBe(x)
    expect([...applyDropout(x, key(0), { rate: 1 }).dataSync()].map(Math.abs)).toEqual([0, 0, 0])
  })

  it('draws anew for each of two layers of a net', () => {
    const net = sequential({ first: dropout({ rate: 0.5 }), second: dropout({ rate: 0.5 }) })
    const kept = net
      .train({}, tf.ones([1, 4000]), key(0))
      .y.dataSync()
      .filter((value) => value !== 0)
    expect(Math.abs(kept.length / 4000 - 0.25)).toBeLessThan(0.04)
  })

  it('leaves no tensor behind, gradients included', () => {
    const x = tf.ones([2, 3, 3, 2])
    const layer = dropout({ rate: 0.5, per: 'channel' })
    expectNoLeak(() => tf.tidy(() => void gradientOf((at) => layer.train({}, at, key(0)).y, x)))
  })
})

describe('wrong use of dropout', () => {
  it('is a rate outside of 0 to 1, an unknown option, a scalar or a disposed tensor', () => {
    expect(() => dropout({ rate: 1.5 })).toThrow('dropout: rate must be a number from 0 to 1, not 1.5')
    expect(() => dropout({} as never)).toThrow('dropout: rate')
    expect(() => dropout({ rate: 0.1, per: 'pixel' as never })).toThrow(
      "per must be one of 'value', 'channel', 'sample'",
    )
    expect(() => applyDropout(tf.ones([2]), key(0), { p: 0.1 } as never)).toThrow('there is no option p')
    expect(() => applyDropout(tf.scalar(1), key(0), { rate: 0.1 })).toThrow('dropout takes [batch, ...]')
    const gone = tf.ones([2])
    gone.dispose()
    expect(() => applyDropout(gone, key(0), { rate: 0.1 })).toThrow('the input of dropout is disposed')
  })

  it('has options last', () => {
    expectTypeOf(applyDropout).parameters.toEqualTypeOf<[x: tf.Tensor, key: Key, options: DropoutOptions]>()
    expectTypeOf(dropout({ rate: 0 })).toEqualTypeOf<Layer<Empty>>()
  })
})

describe('the plan of dropout', () => {
  it('keeps the shape, has no parameters and says what is dropped', () => {
    expect(dropout({ rate: 0.5 }).plan([4, 4, 2])).toMatchObject({
      kind: 'dropout 0.5',
      output: [4, 4, 2],
      params: {},
      macs: 0,
    })
    expect(dropout({ rate: 0.5, per: 'sample' }).plan([4]).kind).toBe('dropout of samples 0.5')
  })
})
