import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { dense } from '@resfn/dense'
import { applyDropout } from '@resfn/dropout'
import { identityAdd } from '@resfn/identity-add'
import { type Empty, init, type Layer, ones, sequential } from '@resfn/layer'
import { key } from '@resfn/random'
import { describeBackends, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { applyDropPath, dropPath, linearRates } from './drop-path.ts'

describeBackends('dropPath', () => {
  it('keeps or drops each sample as a whole, as often as the rate says', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0.1, 0.5, 0.8, 0.99), (seed, rate) => {
        tf.tidy(() => {
          const y = applyDropPath(tf.ones([6000, 1, 2, 1]), key(seed), { rate }).dataSync()
          const kept = y.filter((value, i) => i % 2 === 0 && value !== 0)
          expect(y.every((value, i) => value === y[i - (i % 2)])).toBe(true)
          expect(Math.abs(kept.length / 6000 - (1 - rate))).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / 6000))
          expectClose(kept, new Float32Array(kept.length).fill(1 / (1 - rate)), 1e-6)
        })
      }),
      { numRuns: 8 },
    )
  })

  it('is dropout of samples, with the same draws', () => {
    const x = tf.ones([20, 3])
    expectClose(applyDropPath(x, key(1), { rate: 0.3 }), applyDropout(x, key(1), { rate: 0.3, per: 'sample' }), 0)
  })

  it('leaves the shortcut to the samples that lose the branch, and sends no gradient into it', () => {
    tf.tidy(() => {
      const branch = sequential({
        fc: dense({ out: 2, bias: false, initial: { weight: ones } }),
        dropPath: dropPath({ rate: 0.5 }),
      })
      const block = identityAdd(branch)
      const { params } = init(block, key(0), [2])
      const x = tf.ones([40, 2])
      const y = block.train(params, x, key(1)).y.arraySync() as number[][]
      const kept = y.filter(([a]) => a !== 1)
      expect(kept.every(([a, b]) => a === 5 && b === 5)).toBe(true)
      expect(kept.length).toBeGreaterThan(8)
      expect(kept.length).toBeLessThan(32)
      const gradient = gradientOf((p) => block.train(p, x, key(1)).y, params).fc.weight
      expectClose(
        gradient,
        [1, 1, 1, 1].map((one) => one * 2 * kept.length),
      )
    })
  })

  it('is the identity at rate 0 and in evaluation', () => {
    const x = tf.tensor2d([[1, -2, 3]])
    expect(dropPath({ rate: 0 }).train({}, x, key(0)).y).toBe(x)
    expect(dropPath({ rate: 0.9 }).apply({}, x, {})).toBe(x)
  })

  it('leaves no tensor behind, gradients included', () => {
    const x = tf.ones([2, 3, 3, 2])
    expectNoLeak(() => tf.tidy(() => void gradientOf((at) => dropPath({ rate: 0.5 }).train({}, at, key(0)).y, x)))
  })
})

describe('dropPath', () => {
  it('says what is wrong', () => {
    expect(() => dropPath({ rate: -0.1 })).toThrow('dropPath: rate must be a number from 0 to 1, not -0.1')
    expect(() => applyDropPath(tf.ones([2]), key(0), { per: 'value' } as never)).toThrow('there is no option per')
    expect(() => linearRates({ rate: 0.1, blocks: 0 })).toThrow('blocks must be a whole number of at least 1, not 0')
  })

  it('has a plan without parameters', () => {
    expect(dropPath({ rate: 0.2 }).plan([4, 4, 2])).toMatchObject({
      kind: 'dropPath 0.2',
      output: [4, 4, 2],
      params: {},
    })
    expectTypeOf(dropPath({ rate: 0 })).toEqualTypeOf<Layer<Empty>>()
  })
})

describe('the linear rule', () => {
  it('goes from 0 at the first block to the rate at the last, in even steps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (blocks, rate) => {
        const rates = linearRates({ rate, blocks })
        expect(rates).toHaveLength(blocks)
        expect([rates[0], rates.at(-1)]).toEqual([0, rate])
        const steps = rates.slice(1).map((value, i) => value - rates[i]!)
        expectClose(
          steps,
          steps.map(() => rate / (blocks - 1)),
          1e-9,
        )
      }),
      { numRuns: 30 },
    )
    expect(linearRates({ rate: 0.5, blocks: 1 })).toEqual([0])
  })
})
