import { key } from '@resfn/random'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gridPoints, randomPoint, type Range, type Space } from './index.ts'

const range: fc.Arbitrary<Range> = fc
  .record({
    from: fc.double({ min: 1e-6, max: 1e3, noNaN: true }),
    factor: fc.double({ min: 1.5, max: 1e3, noNaN: true }),
    scale: fc.constantFrom('linear' as const, 'log' as const),
    whole: fc.boolean(),
  })
  .map(({ from, factor, scale, whole }) =>
    whole
      ? { from: Math.ceil(from), to: Math.ceil(from) + Math.ceil(factor), scale, whole }
      : { from, to: from * factor, scale },
  )

const values = fc.uniqueArray(fc.oneof(fc.integer(), fc.string(), fc.boolean()), { minLength: 1, maxLength: 5 })

const space: fc.Arbitrary<Space> = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.oneof(
    range,
    values.map((all) => ({ values: all })),
  ),
  { maxKeys: 4 },
)

const seed = fc.integer({ min: 0, max: 2 ** 31 })
const number = fc.integer({ min: 0, max: 10_000 })

describe('randomPoint', () => {
  it('draws what the space allows', () => {
    fc.assert(
      fc.property(space, seed, number, (all, from, trial) => {
        const point = randomPoint(all, { key: key(from), trial })
        expect(Object.keys(point)).toEqual(Object.keys(all))
        for (const [name, value] of Object.entries(point)) {
          const parameter = all[name]!
          if ('values' in parameter) expect(parameter.values).toContain(value)
          else {
            expect(value).toBeGreaterThanOrEqual(parameter.from)
            expect(value).toBeLessThanOrEqual(parameter.to)
            if (parameter.whole === true) expect(Number.isInteger(value)).toBe(true)
          }
        }
      }),
    )
  })

  it('depends on the key, the number of the trial and the name of the setting alone', () => {
    fc.assert(
      fc.property(space, range, seed, number, (all, other, from, trial) => {
        const options = { key: key(from), trial }
        const point = randomPoint(all, options)
        expect(randomPoint({ other, ...all }, options)).toMatchObject(point)
        const reversed = Object.fromEntries(Object.entries(all).toReversed())
        expect(randomPoint(reversed, options)).toEqual(point)
      }),
    )
  })

  it('spreads numbers evenly, or their logarithms', () => {
    const draw = (scale: 'linear' | 'log'): readonly number[] =>
      Array.from({ length: 2000 }, (_, trial) =>
        Number(randomPoint({ lr: { from: 1e-4, to: 1, scale } }, { key: key(1), trial })['lr']),
      )
    const share = (all: readonly number[], below: number): number => all.filter((x) => x < below).length / all.length
    // Four standard deviations of a share of 2000 draws are 0.045.
    expect(Math.abs(share(draw('linear'), 0.5) - 0.5)).toBeLessThan(0.045)
    expect(Math.abs(share(draw('log'), 1e-2) - 0.5)).toBeLessThan(0.045)
    expect(Math.abs(share(draw('log'), 1e-1) - 0.75)).toBeLessThan(0.045)
  })

  it('draws whole numbers alike, with both ends', () => {
    const counts = [0, 0, 0]
    for (let trial = 0; trial < 3000; trial++)
      counts[Number(randomPoint({ n: { from: 1, to: 3, whole: true } }, { key: key(2), trial })['n']) - 1]!++
    // Four standard deviations of 1000 are 103.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(103)
  })
})

describe('gridPoints', () => {
  it('has each combination once', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 4 }), (lists) => {
        const all = Object.fromEntries(lists.map((list, i) => [`p${i}`, { values: list }]))
        const points = gridPoints(all)
        expect(points).toHaveLength(lists.reduce((product, { length }) => product * length, 1))
        expect(new Set(points.map((point) => JSON.stringify(point))).size).toBe(points.length)
      }),
    )
  })

  it('spreads a range from end to end', () => {
    expect(gridPoints({ lr: { from: 0, to: 1, count: 5 } }).map(({ lr }) => lr)).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(gridPoints({ lr: { from: 1e-3, to: 10, count: 5, scale: 'log' } }).map(({ lr }) => lr)).toEqual([
      1e-3, 1e-2, 0.1, 1, 10,
    ])
    const whole = gridPoints({ batch: { from: 16, to: 128, count: 4, scale: 'log', whole: true } })
    expect(whole.map(({ batch }) => batch)).toEqual([16, 32, 64, 128])
    expect(gridPoints({ n: { from: 1, to: 2, count: 5, whole: true } }).map(({ n }) => n)).toEqual([1, 2])
  })
})

describe('a space without points', () => {
  it.each([
    [{ lr: { values: [] } }, 'lr: give at least one value'],
    [{ lr: { from: 1, to: 1 } }, 'lr: a range goes from a number to a larger one, not from 1 to 1'],
    [{ lr: { from: 0, to: Infinity } }, 'lr: a range goes from a number to a larger one, not from 0 to Infinity'],
    [{ lr: { from: 0, to: 1, scale: 'log' } }, 'lr: a range with scale: log begins above 0, not at 0'],
    [{ batch: { from: 1.5, to: 3, whole: true } }, 'batch: a range of whole numbers has whole ends, not 1.5 and 3'],
    [{ lr: { from: 0, to: 1, count: 1 } }, 'lr: the count of a range is a whole number from 2, not 1'],
  ] as const)('%j is refused', (wrong, message) => {
    expect(() => randomPoint(wrong, { key: key(0), trial: 0 })).toThrow(message)
    expect(() => gridPoints(wrong)).toThrow(message)
  })

  it('is a range in a grid that does not say how many', () => {
    expect(() => gridPoints({ lr: { from: 0, to: 1 } })).toThrow('lr: a range is a part of a grid with a count')
  })
})
