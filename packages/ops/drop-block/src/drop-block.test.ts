import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Empty, type Layer } from '@resfn/layer'
import { key } from '@resfn/random'
import { describeBackends, expectClose, expectNoLeak, gradientOf, readFixture, type Values } from '@resfn/test-utils'
import { applyDropBlock, dropBlock, dropBlockStages, gammaOf, maskOf } from './drop-block.ts'

type Case = {
  readonly size: number
  readonly rate: number
  readonly gammaScale: number
  readonly gamma: number
  readonly seeds: Values
  readonly mask: Values
}
const { cases } = readFixture<{ readonly cases: readonly Case[] }>(new URL('./fixtures/timm.json', import.meta.url))

describe('the blocks of dropBlock', () => {
  it.each(cases.map((example) => [`${example.size} on ${example.seeds.shape.join('x')}`, example] as const))(
    'equal those of timm from the same seeds: %s',
    (_, { size, rate, gammaScale, gamma, seeds, mask }) => {
      const [, height, width] = seeds.shape as [number, number, number]
      expectClose(maskOf(Float32Array.from(seeds.values), [height, width], size), mask.values, 1e-6)
      expectClose(gammaOf(height, width, { size, rate, gammaScale }), gamma, 1e-9)
    },
  )

  it('are squares around their seeds that do not reach into the next image', () => {
    const seeds = new Float32Array(2 * 5 * 5)
    seeds[2 * 5 + 4] = 1
    const dropped = [...maskOf(seeds, [5, 5], 3).keys()].filter((i) => maskOf(seeds, [5, 5], 3)[i] === 0)
    expect(dropped).toEqual([8, 9, 13, 14, 18, 19])
  })
})

describeBackends('dropBlock', () => {
  it('keeps the mean of all pixels, and drops all channels of a pixel together', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0.05, 0.2, 0.5), fc.integer({ min: 1, max: 8 }), (seed, rate, size) => {
        tf.tidy(() => {
          const y = applyDropBlock(tf.ones([3, 10, 9, 2]), key(seed), { rate, size })
          const values = y.dataSync()
          if (values.some((value) => value !== 0)) expectClose(tf.mean(y), 1, 1e-5)
          expect(values.every((value, i) => value === values[i - (i % 2)])).toBe(true)
        })
      }),
      { numRuns: 20 },
    )
  })

  it('drops about the share of the rate on a large image with small blocks', () => {
    const y = applyDropBlock(tf.ones([8, 64, 64, 1]), key(2), { rate: 0.1, size: 3 }).dataSync()
    const dropped = y.filter((value) => value === 0).length / y.length
    expect(dropped).toBeGreaterThan(0.085)
    expect(dropped).toBeLessThan(0.115)
  })

  it('is a function of the key, and the identity at rate 0 and in evaluation', () => {
    const x = tf.ones([2, 12, 12, 1])
    const at = (seed: number): number[] => [...applyDropBlock(x, key(seed), { rate: 0.2, size: 3 }).dataSync()]
    expect(at(1)).toEqual(at(1))
    expect(at(1)).not.toEqual(at(2))
    expect(dropBlock({ rate: 0 }).train({}, x, key(0)).y).toBe(x)
    expect(dropBlock({ rate: 0.5 }).apply({}, x, {})).toBe(x)
  })

  it('gives nothing where all is dropped', () => {
    expect([...applyDropBlock(tf.ones([1, 2, 2, 1]), key(0), { rate: 1, size: 1 }).dataSync()]).toEqual([0, 0, 0, 0])
  })

  it('gives the gradient the mask of the values', () => {
    tf.tidy(() => {
      const x = tf.ones([2, 8, 8, 2])
      const f = (at: tf.Tensor): tf.Tensor => dropBlock({ rate: 0.3, size: 3 }).train({}, at, key(5)).y
      expectClose(gradientOf(f, x), f(x), 0)
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    const x = tf.ones([2, 8, 8, 2])
    expectNoLeak(() => tf.tidy(() => void gradientOf((at) => dropBlock({ rate: 0.3 }).train({}, at, key(0)).y, x)))
  })
})

describe('the plan of dropBlock', () => {
  it('keeps the shape, and takes images', () => {
    expect(dropBlock({ rate: 0.1, size: 5 }).plan([14, 14, 8])).toMatchObject({
      kind: 'dropBlock 5x5 0.1',
      output: [14, 14, 8],
      params: {},
    })
    expect(() => dropBlock({ rate: 0.1 }).plan([8])).toThrow('dropBlock takes [height,width,channels]')
    expect(() => applyDropBlock(tf.ones([2, 8]), key(0), { rate: 0.1 })).toThrow(
      'dropBlock takes [batch,height,width,channels]',
    )
    expect(() => dropBlock({ rate: 2 })).toThrow('dropBlock: rate must be a number from 0 to 1, not 2')
    expect(() => dropBlock({ rate: 0.1, size: 0 })).toThrow('size must be a whole number of at least 1, not 0')
    expectTypeOf(dropBlockStages(0.1)[0]).toEqualTypeOf<Layer<Empty>>()
  })
})
