import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { erf, quantile } from './gauss.ts'
import {
  bits,
  fold,
  integers,
  type Key,
  key,
  normal,
  permutation,
  split,
  threefry,
  truncatedNormal,
  uniform,
} from './index.ts'

const keys = fc.nat({ max: Number.MAX_SAFE_INTEGER }).map(key)
const word = fc.nat({ max: 2 ** 32 - 1 })

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length
const moment = (values: ArrayLike<number>, power: number): number => mean(Array.from(values, (x) => x ** power))

/**
 * The distance of Kolmogorov and Smirnov between draws and a distribution, times sqrt(n); above 1.95 by chance once in
 * a thousand keys.
 */
const distance = (values: ArrayLike<number>, distribution: (x: number) => number): number => {
  const sorted = Array.from(values).sort((a, b) => a - b)
  const n = sorted.length
  return (
    Math.sqrt(n) * Math.max(...sorted.map((x, i) => Math.max((i + 1) / n - distribution(x), distribution(x) - i / n)))
  )
}

const standardNormal = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2

describe('threefry', () => {
  it.each<readonly [Key, Key, Key]>([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])('encrypts under key %j the counter %j as its authors publish', (key, counter, block) => {
    expect(threefry(key, counter)).toEqual(block)
  })

  it('gives different blocks for different counters, and unsigned words', () => {
    fc.assert(
      fc.property(keys, word, word, word, (key, high, a, b) => {
        const block = threefry(key, [high, a])
        expect(block.every((w) => Number.isInteger(w) && w >= 0 && w < 2 ** 32)).toBe(true)
        if (a !== b) expect(block).not.toEqual(threefry(key, [high, b]))
      }),
    )
  })

  it('changes about half of the bits when one bit of the counter changes', () => {
    const changed = Array.from({ length: 32 }, (_, bit) => {
      const [a, b] = [threefry([1, 2], [0, 77]), threefry([1, 2], [0, (77 ^ (1 << bit)) >>> 0])]
      return [0, 1].reduce(
        (sum, i) => sum + (a[i]! ^ b[i]!).toString(2).replaceAll('-', '').replaceAll('0', '').length,
        0,
      )
    })
    expect(mean(changed)).toBeGreaterThan(24)
    expect(mean(changed)).toBeLessThan(40)
  })
})

describe('keys', () => {
  it('are the seeds of JAX, zero and large ones included', () => {
    expect(key(0)).toEqual([0, 0])
    expect(key(42)).toEqual([0, 42])
    expect(key(2 ** 32 - 1)).toEqual([0, 0xffffffff])
    expect(key(2 ** 53 - 1)).toEqual([2 ** 21 - 1, 0xffffffff])
  })

  it('refuse a seed that is not a whole number in range', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53, Infinity])
      expect(() => key(seed)).toThrow(
        new RangeError(`key: the seed must be a whole number from 0 to 2^53 - 1, not ${seed}`),
      )
  })

  it('split as in JAX', () => {
    expect(split(key(0), 2)).toEqual([
      [1797259609, 2579123966],
      [928981903, 3453687069],
    ])
    expect(split(key(3), 0)).toEqual([])
  })

  it('split into the same first keys whatever their number', () => {
    fc.assert(
      fc.property(
        keys,
        fc.nat(20),
        fc.nat(20),
        (key, n, more) => void expect(split(key, n + more).slice(0, n)).toEqual(split(key, n)),
      ),
    )
  })

  it('fold an index as split does', () => {
    fc.assert(fc.property(keys, fc.nat(20), (key, i) => void expect(fold(key, i)).toEqual(split(key, i + 1)[i])))
  })

  it('fold different names to different keys', () => {
    const names = Array.from({ length: 2000 }, (_, i) => [
      `layer${i}.conv.weight`,
      `layer${i}.conv.bias`,
      String(i),
    ]).flat()
    const folded = new Set([
      ...names.map((name) => fold(key(0), name).join()),
      ...names.map((_, i) => fold(key(0), i).join()),
    ])
    expect(folded.size).toBe(2 * names.length)
    fc.assert(
      fc.property(keys, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, a, b) => {
        if (a === b) expect(fold(key, a)).toEqual(fold(key, b))
        else expect(fold(key, a)).not.toEqual(fold(key, b))
      }),
    )
  })

  it('fold the same name under different keys to different keys', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        fc.pre(a.join() !== b.join())
        expect(fold(a, 'x')).not.toEqual(fold(b, 'x'))
      }),
    )
  })

  it('refuse an index that is not a whole number in range', () => {
    for (const index of [-1, 1.5, 2 ** 32, Number.NaN])
      expect(() => fold(key(0), index)).toThrow(/^fold: an index must be a whole number from 0 to 2\^32 - 1, not /)
  })

  it('give independent draws: neighbours are uncorrelated', () => {
    const [a, b] = split(key(9), 2).map((k) => normal(k, 20_000))
    expect(Math.abs(mean(a!.map((x, i) => x * b![i]!)))).toBeLessThan(4 / Math.sqrt(20_000))
    const [c, d] = [fold(key(9), 'a'), fold(key(9), 'b')].map((k) => normal(k, 20_000))
    expect(Math.abs(mean(c!.map((x, i) => x * d![i]!)))).toBeLessThan(4 / Math.sqrt(20_000))
  })
})

describe('draws', () => {
  it('are those of JAX', () => {
    const words = bits(key(0), 3)
    expect(words[0]).toBe((0x6b200159 ^ 0x99ba4efe) >>> 0)
    expect([...uniform(key(0), 3)]).toEqual([0.947667, 0.9785799, 0.33229148].map((x) => expect.closeTo(x, 7)))
    expect([...normal(key(0), 3)]).toEqual([1.6226422, 2.0252647, -0.43359444].map((x) => expect.closeTo(x, 6)))
  })

  it('of fewer values are the first of more', () => {
    fc.assert(
      fc.property(keys, fc.nat(50), fc.nat(50), (key, n, more) => {
        for (const draw of [bits, uniform, normal, truncatedNormal])
          expect(draw(key, n + more).slice(0, n)).toEqual(draw(key, n))
        expect(integers(key, n + more, { low: -3, high: 9 }).slice(0, n)).toEqual(
          integers(key, n, { low: -3, high: 9 }),
        )
      }),
    )
  })

  it('have the types their values need', () => {
    expect(bits(key(0), 2)).toBeInstanceOf(Uint32Array)
    expect(uniform(key(0), 2)).toBeInstanceOf(Float32Array)
    expect(normal(key(0), 2)).toBeInstanceOf(Float32Array)
    expect(integers(key(0), 2, { low: 0, high: 2 })).toBeInstanceOf(Int32Array)
    expect(permutation(key(0), 2)).toBeInstanceOf(Uint32Array)
    expectTypeOf(split(key(0), 2)).toEqualTypeOf<readonly Key[]>()
  })

  it('refuse a count that is not a whole number', () => {
    for (const draw of [bits, uniform, normal, truncatedNormal, permutation] as const)
      for (const count of [-1, 1.5, Number.NaN])
        expect(() => draw(key(0), count)).toThrow(`the count must be a whole number from 0, not ${count}`)
  })

  it('of bits have each bit set half of the time', () => {
    const words = bits(key(4), 10_000)
    for (let bit = 0; bit < 32; bit++)
      expect(Math.abs(mean(words.map((w) => (w >>> bit) & 1)) - 0.5)).toBeLessThan(0.02)
  })
})

describe('uniform', () => {
  it('has the moments and the distribution of even draws', () => {
    const draws = uniform(key(1), 20_000, { low: -3, high: 5 })
    expect(mean(draws)).toBeCloseTo(1, 1)
    expect(moment(draws, 2) - mean(draws) ** 2).toBeCloseTo(64 / 12, 0)
    expect(distance(draws, (x) => (x + 3) / 8)).toBeLessThan(1.95)
  })

  it('stays in [low, high), also where float32 would round to high', () => {
    fc.assert(
      fc.property(
        keys,
        fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
        fc.float({ noNaN: true, min: 2 ** -10, max: 10 }),
        (key, low, width) => {
          const range = { low, high: low + width }
          fc.pre(Math.fround(range.high) === range.high)
          expect(uniform(key, 50, range).every((x) => x >= low && x < range.high)).toBe(true)
        },
      ),
    )
    expect(uniform(key(0), 10_000, { low: 0.999999, high: 1 }).every((x) => x < 1)).toBe(true)
    expect(uniform(key(0), 10_000, { low: -1e-45, high: 0 }).every((x) => x < 0)).toBe(true)
    expect(uniform(key(0), 10_000, { low: -1.000001, high: -1 }).every((x) => x < -1)).toBe(true)
  })

  it('refuses bounds in the wrong order', () => {
    expect(() => uniform(key(0), 1, { low: 1, high: 1 })).toThrow(
      'uniform: low must be less than high and both finite, not 1 and 1',
    )
    expect(() => uniform(key(0), 1, { low: 0, high: Infinity })).toThrow(RangeError)
  })
})

describe('normal', () => {
  it('has the moments and the distribution of a standard normal', () => {
    const draws = normal(key(2), 50_000)
    expect(Math.abs(mean(draws))).toBeLessThan(0.02)
    expect(moment(draws, 2)).toBeCloseTo(1, 1)
    expect(Math.abs(moment(draws, 3))).toBeLessThan(0.06)
    expect(moment(draws, 4)).toBeCloseTo(3, 0)
    expect(distance(draws.slice(0, 20_000), standardNormal)).toBeLessThan(1.95)
  })

  it('is finite at the smallest and the largest word', () => {
    expect(quantile(-1 + 2 ** -24)).toBeCloseTo(-5.419983174916869, 12)
    expect(quantile(-1 + 2 ** -24 + 2 * (1 - 2 ** -23))).toBeLessThan(6)
  })

  // Reference: torch.special.ndtri and torch.special.erf in float64.
  it.each([
    [0, 0],
    [0.1, 0.12566134685507416],
    [0.5, 0.6744897501960817],
    [0.84, 1.4050715603096324],
    [0.8500001, 1.439531824157088],
    [0.99, 2.5758293035489004],
    [0.9999, 3.8905918864131204],
    [-0.3, -0.38532046640756773],
  ])('has the quantile of (1 + %d) / 2 at %d', (u, z) => {
    expect(quantile(u)).toBeCloseTo(z, 13)
  })

  it.each([
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [-1, -0.8427007929497149],
    [3, 0.9999779095030014],
    [5, 0.9999999999984626],
    [7, 1],
  ])('uses the error function, %d to %d', (x, y) => {
    expect(erf(x)).toBeCloseTo(y, 14)
  })

  it('has a quantile function that rises and is odd', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 23 - 1), fc.nat(2 ** 23 - 1), (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((n) => -1 + 2 ** -24 + n * 2 ** -22) as [
          number,
          number,
        ]
        if (a !== b) expect(quantile(low)).toBeLessThan(quantile(high))
        expect(quantile(-low)).toBe(-quantile(low))
      }),
    )
  })
})

describe('truncatedNormal', () => {
  it.each([0.5, 1, 2, 3])('has the distribution of a normal restricted to plus or minus %d', (bound) => {
    const draws = truncatedNormal(key(3), 20_000, { bound })
    const edge = standardNormal(-bound)
    expect(draws.every((x) => Math.abs(x) <= bound)).toBe(true)
    expect(distance(draws, (x) => (standardNormal(x) - edge) / (1 - 2 * edge))).toBeLessThan(1.95)
  })

  it('is the normal for a bound far out', () => {
    const [cut, whole] = [truncatedNormal(key(3), 1000, { bound: 12 }), normal(key(3), 1000)]
    expect(cut.every((x, i) => Math.abs(x - whole[i]!) < 1e-4)).toBe(true)
  })

  it('refuses a bound that is not positive', () => {
    for (const bound of [0, -2, Number.NaN])
      expect(() => truncatedNormal(key(0), 1, { bound })).toThrow(
        `truncatedNormal: the bound must be positive, not ${bound}`,
      )
  })
})

describe('integers', () => {
  it('are all in range and equally frequent', () => {
    const draws = integers(key(5), 60_000, { low: -2, high: 4 })
    for (let value = -2; value < 4; value++) expect(draws.filter((x) => x === value).length / 10_000).toBeCloseTo(1, 1)
  })

  it('reach both ends of the widest range', () => {
    const draws = integers(key(5), 10_000, { low: -(2 ** 31), high: 2 ** 31 })
    expect(Math.min(...draws)).toBeLessThan(-2.1e9)
    expect(Math.max(...draws)).toBeGreaterThan(2.1e9)
  })

  it('refuse bounds that are not whole, in order and in 32 bits', () => {
    for (const [low, high] of [
      [0, 0],
      [3, 1],
      [0.5, 2],
      [0, 2 ** 31 + 1],
      [-(2 ** 31) - 1, 0],
    ] as const)
      expect(() => integers(key(0), 1, { low, high })).toThrow(
        `integers: low must be less than high, both whole numbers from -2^31 to 2^31, not ${low} and ${high}`,
      )
  })
})

describe('permutation', () => {
  it('holds every number once', () => {
    fc.assert(
      fc.property(
        keys,
        fc.nat(300),
        (key, n) =>
          void expect([...permutation(key, n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i)),
      ),
    )
  })

  it('is the same for the same key and another for another', () => {
    expect(permutation(key(1), 100)).toEqual(permutation(key(1), 100))
    expect(permutation(key(1), 100)).not.toEqual(permutation(key(2), 100))
  })

  it('has each of the orders of four equally often', () => {
    const counts = new Map<string, number>()
    for (const k of split(key(6), 24_000)) {
      const order = permutation(k, 4).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // Chi square with 23 degrees of freedom: above 49.7 by chance once in a thousand keys.
    expect([...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(49.7)
  })
})
