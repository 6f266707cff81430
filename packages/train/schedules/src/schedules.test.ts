import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  constantRate,
  cosine,
  inEpochs,
  inTurn,
  milestones,
  oneCycle,
  perEpoch,
  piecewiseLinear,
  type Schedule,
} from './index.ts'

const { cases } = JSON.parse(readFileSync(new URL('./fixtures/schedules.json', import.meta.url), 'utf8')) as {
  readonly cases: { readonly [name: string]: readonly number[] }
}

const schedules: { readonly [name: string]: Schedule } = {
  'one cycle': oneCycle({ max: 0.4, steps: 20 }),
  'one cycle with its own ends': oneCycle({ max: 0.1, steps: 37, rises: 0.4, initial: 0.01, final: 0.0001 }),
  milestones: milestones({ rate: 0.3, at: [3, 7, 8], factor: 0.2 }),
  cosine: cosine({ rate: 0.3, steps: 16, final: 0.01 }),
}

describe('schedules', () => {
  it('are compared for every case of the fixture', () => {
    expect(Object.keys(schedules)).toEqual(Object.keys(cases))
  })

  it.each(Object.keys(schedules))("%s has the rates of PyTorch's scheduler at every step", (name) => {
    cases[name]!.forEach((rate, step) => expect(schedules[name]!(step), `step ${step}`).toBeCloseTo(rate, 12))
  })

  it.each([
    [0, [0.3, 0.25753, 0.155, 0.05247, 0.01], [0, 5, 10, 15, 20]],
    [5, [0.12, 0.3, 0.2275, 0.0825, 0.01], [2, 5, 10, 15, 20]],
  ])('cosine with %s steps of warm-up has the values of the book', (warmup, rates, steps) => {
    const rate = cosine({ rate: 0.3, steps: 20, final: 0.01, warmup })
    steps.forEach((step, i) => expect(rate(step)).toBeCloseTo(rates[i]!, 5))
  })

  it('cosine stays at the final rate after its last step', () => {
    expect(cosine({ rate: 0.3, steps: 20, final: 0.01 })(1000)).toBe(0.01)
  })

  it('cosine never rises after the warm-up, and never falls in it', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.integer({ min: 1, max: 60 }), (warmup, length) => {
        const rate = cosine({ rate: 0.3, final: 0.01, warmup, steps: warmup + length })
        for (let step = 0; step < warmup + length + 3; step++) {
          const change = rate(step + 1) - rate(step)
          expect(step < warmup ? change : -change).toBeGreaterThanOrEqual(-1e-15)
        }
      }),
    )
  })

  it('one cycle stays between its rates and is highest where it turns', () => {
    const rate = oneCycle({ max: 1, steps: 10, rises: 0.5 })
    const rates = Array.from({ length: 14 }, (_, step) => rate(step))
    expect(Math.max(...rates)).toBe(rates[4])
    expect(rates[0]).toBeCloseTo(0.04, 12)
    expect(rates.slice(9)).toEqual(Array(5).fill(0.04 / 1e4))
  })

  it('one cycle is a rate between its ends and its top for any number of steps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.constantFrom(0.1, 0.25, 0.3, 0.5, 0.9), (steps, rises) => {
        const rate = oneCycle({ max: 1, steps, rises })
        for (let step = 0; step < steps + 2; step++) {
          expect(rate(step)).toBeGreaterThanOrEqual(0.04 / 1e4)
          expect(rate(step)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it("piecewise linear rates follow He's warm-up and Page's triangle", () => {
    const triangle = piecewiseLinear([
      [0, 0],
      [5, 0.4],
      [24, 0],
    ])
    expect([0, 1, 5, 14.5, 24, 99].map((epoch) => triangle(epoch))).toEqual([0, 0.08, 0.4, 0.2, 0, 0])
    expect(piecewiseLinear([[3, 0.1]])(0)).toBe(0.1)
    const warm = inTurn([{ schedule: constantRate(0.01), steps: 400 }], milestones({ rate: 0.1, at: [31600] }))
    expect([0, 399, 400, 31999].map(warm)).toEqual([0.01, 0.01, 0.1, 0.1])
    expect(warm(32000)).toBeCloseTo(0.01, 15)
  })

  it('a schedule in turn starts counting where the one before it ends', () => {
    const count: Schedule = (step) => step
    const rate = inTurn(
      [
        { schedule: count, steps: 3 },
        { schedule: count, steps: 0 },
        { schedule: count, steps: 2 },
      ],
      count,
    )
    expect([0, 1, 2, 3, 4, 5, 6].map(rate)).toEqual([0, 1, 2, 0, 1, 0, 1])
  })

  it('a schedule in epochs is smooth or waits for the end of the epoch', () => {
    const count: Schedule = (epoch) => epoch
    expect([0, 5, 10, 15].map(inEpochs(10)(count))).toEqual([0, 0.5, 1, 1.5])
    expect([0, 5, 10, 15].map(perEpoch(10)(count))).toEqual([0, 0, 1, 1])
  })

  it.each([
    ['constantRate: rate must be a finite number of at least 0, not -1', () => constantRate(-1)],
    ['not Infinity', () => constantRate(Number.POSITIVE_INFINITY)],
    [
      'milestones: at must be an array of whole numbers of at least 0, not [3, 2.5]',
      () => milestones({ rate: 1, at: [3, 2.5] }),
    ],
    [
      'cosine: steps count the warm-up, so they must be more than 5, not 5',
      () => cosine({ rate: 1, steps: 5, warmup: 5 }),
    ],
    ['between 0 and 1, not 1', () => oneCycle({ max: 1, steps: 10, rises: 1 })],
    ['at least one point', () => piecewiseLinear([])],
    [
      'the steps must rise, but 1 comes after 1',
      () =>
        piecewiseLinear([
          [1, 0.1],
          [1, 0.2],
        ]),
    ],
    ['inEpochs: stepsPerEpoch must be a whole number of at least 1, not 0', () => inEpochs(0)],
    ['perEpoch: stepsPerEpoch must be a whole number of at least 1, not 1.5', () => perEpoch(1.5)],
    [
      'inTurn: phases[0]: steps must be a whole number of at least 0, not -1',
      () => inTurn([{ schedule: constantRate(1), steps: -1 }], constantRate(1)),
    ],
    ["cosine: steps must be a whole number of at least 1, not '90'", () => cosine({ rate: 1, steps: '90' } as never)],
    [
      'cosine: there is no option warmUp; did you mean warmup?',
      () => cosine({ rate: 1, steps: 9, warmUp: 2 } as never),
    ],
    ['oneCycle: max is missing', () => oneCycle({ steps: 9 } as never)],
    ['milestones: at must be an array', () => milestones({ rate: 1, at: 30 } as never)],
    ['milestones: the options must be a record of rate, at, factor, not 0.1', () => milestones(0.1 as never)],
    ["constantRate: rate must be a finite number of at least 0, not '0.1'", () => constantRate('0.1' as never)],
    ['inTurn: last must be a function, not 0.1', () => inTurn([], 0.1 as never)],
    ["rates of at least 0, not [[0, '1']]", () => piecewiseLinear([[0, '1']] as never)],
  ])('refuse senseless settings: %s', (message, make) => {
    expect(make).toThrow(message)
  })
})
