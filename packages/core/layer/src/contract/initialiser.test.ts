import { type Key, key, normal as drawNormal } from '@resfn/random'
import { describe, expect, it } from 'vitest'
import {
  constant,
  fanInUniform,
  type Initialiser,
  kaimingNormal,
  normal,
  ones,
  truncatedNormal,
  uniform,
  xavierUniform,
  zeros,
} from '../index.ts'

const shape = [3, 3, 32, 64]
const [fanIn, fanOut] = [9 * 32, 9 * 64]
const at: Key = key(5)

const moments = (
  values: Float32Array,
): { readonly mean: number; readonly deviation: number; readonly largest: number } => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  return {
    mean,
    deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length),
    largest: values.reduce((max, x) => Math.max(max, Math.abs(x)), 0),
  }
}

/** The standard deviation of a normal cut at two deviations. */
const cut = 0.8796256610342398

describe('the initialisers', () => {
  it.each<readonly [string, Initialiser, { readonly deviation: number; readonly bound?: number }]>([
    ['normal', normal(0.01), { deviation: 0.01 }],
    ['truncatedNormal', truncatedNormal(0.1), { deviation: 0.1 * cut, bound: 0.2 }],
    ['uniform', uniform(0.3), { deviation: 0.3 / Math.sqrt(3), bound: 0.3 }],
    ['kaimingNormal by fan out', kaimingNormal('out'), { deviation: Math.sqrt(2 / fanOut) }],
    ['kaimingNormal by fan in', kaimingNormal('in'), { deviation: Math.sqrt(2 / fanIn) }],
    [
      'xavierUniform',
      xavierUniform,
      { deviation: Math.sqrt(2 / (fanIn + fanOut)), bound: Math.sqrt(6 / (fanIn + fanOut)) },
    ],
    ['fanInUniform', fanInUniform, { deviation: 1 / Math.sqrt(3 * fanIn), bound: 1 / Math.sqrt(fanIn) }],
  ])('%s has the moments of its formula', (_, initialiser, { deviation, bound }) => {
    const values = initialiser(at, shape)
    expect(values.length).toBe(3 * 3 * 32 * 64)
    const found = moments(values)
    expect(Math.abs(found.mean) / deviation).toBeLessThan(0.03)
    expect(found.deviation / deviation).toBeCloseTo(1, 1.7)
    if (bound !== undefined) {
      expect(found.largest).toBeLessThanOrEqual(bound * (1 + 1e-6))
      expect(found.largest).toBeGreaterThan(bound * 0.99)
    }
  })

  it('constant, zeros and ones fill', () => {
    expect([...constant(-2)(at, [2, 2])]).toEqual([-2, -2, -2, -2])
    expect([...zeros(at, [3])]).toEqual([0, 0, 0])
    expect([...ones(at, [])]).toEqual([1])
  })

  it('take the fans of a dense weight [in, out]', () => {
    expect(moments(kaimingNormal('in')(at, [400, 100])).deviation / Math.sqrt(2 / 400)).toBeCloseTo(1, 1.7)
    expect(moments(kaimingNormal('out')(at, [400, 100])).deviation / Math.sqrt(2 / 100)).toBeCloseTo(1, 1.7)
  })

  it('scale the draws of the key and nothing else', () => {
    expect([...normal(2)(at, [4])]).toEqual([...drawNormal(at, 4)].map((x) => Math.fround(2 * x)))
    expect(kaimingNormal('in')(at, shape)).toEqual(kaimingNormal('in')(at, shape))
    expect(kaimingNormal('in')(at, shape)).not.toEqual(kaimingNormal('in')(key(6), shape))
  })
})
