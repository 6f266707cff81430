import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { halvingRounds, ranked, type Score, survivors } from './index.ts'

const options = fc.record({
  trials: fc.integer({ min: 1, max: 500 }),
  epochs: fc.integer({ min: 1, max: 500 }),
  eta: fc.integer({ min: 2, max: 6 }),
})

const scores: fc.Arbitrary<readonly Score[]> = fc
  .array(fc.oneof(fc.double(), fc.constantFrom(0.5, 0.6, NaN)), { maxLength: 30 })
  .map((all) => all.map((value, trial) => ({ trial, value })))

const goal = fc.constantFrom('most' as const, 'least' as const)

describe('halvingRounds', () => {
  // Li et al. 2018, table 1: the first four are its columns s = 4, 3, 2 and 1 for R = 81.
  it.each([
    [
      81,
      81,
      3,
      [
        [81, 1],
        [27, 3],
        [9, 9],
        [3, 27],
        [1, 81],
      ],
    ],
    [
      27,
      81,
      3,
      [
        [27, 3],
        [9, 9],
        [3, 27],
        [1, 81],
      ],
    ],
    [
      9,
      81,
      3,
      [
        [9, 9],
        [3, 27],
        [1, 81],
      ],
    ],
    [
      6,
      81,
      3,
      [
        [6, 27],
        [2, 81],
      ],
    ],
    [
      5,
      81,
      3,
      [
        [5, 27],
        [1, 81],
      ],
    ],
    [
      8,
      10,
      2,
      [
        [8, 1],
        [4, 2],
        [2, 5],
        [1, 10],
      ],
    ],
    [
      100,
      4,
      2,
      [
        [100, 1],
        [50, 2],
        [25, 4],
      ],
    ],
    [1, 10, 2, [[1, 10]]],
  ])('%i trials of %i epochs, eta %i', (trials, epochs, eta, wanted) => {
    expect(halvingRounds({ trials, epochs, eta }).map((round) => [round.trials, round.epochs])).toEqual(wanted)
  })

  it('begins with all trials, ends with all epochs, and each round has fewer trials of more epochs', () => {
    fc.assert(
      fc.property(options, (wanted) => {
        const rounds = halvingRounds(wanted)
        expect(rounds[0]!.trials).toBe(wanted.trials)
        expect(rounds.at(-1)!.epochs).toBe(wanted.epochs)
        rounds.slice(1).forEach((round, k) => {
          expect(round.trials).toBeLessThan(rounds[k]!.trials)
          expect(round.trials).toBeGreaterThanOrEqual(1)
          expect(round.epochs).toBeGreaterThan(rounds[k]!.epochs)
        })
      }),
    )
  })

  it('costs no round more than the first one could', () => {
    fc.assert(
      fc.property(options, ({ trials, epochs, eta }) => {
        const rounds = halvingRounds({ trials, epochs, eta })
        const most = (trials * epochs) / eta ** (rounds.length - 1)
        for (const round of rounds) expect(round.trials * round.epochs).toBeLessThanOrEqual(most + 1e-9)
      }),
    )
  })

  it('refuses what is no number of trials, epochs or parts', () => {
    expect(() => halvingRounds({ trials: 0, epochs: 1, eta: 2 })).toThrow('trials')
    expect(() => halvingRounds({ trials: 1, epochs: 1, eta: 1 })).toThrow('eta')
  })
})

describe('survivors', () => {
  it('are finite, the best, and as many as there can be', () => {
    fc.assert(
      fc.property(scores, fc.integer({ min: 0, max: 30 }), goal, (all, count, better) => {
        const kept = survivors(all, count, better)
        const finite = all.filter(({ value }) => Number.isFinite(value))
        expect(kept).toHaveLength(Math.min(count, finite.length))
        const valueOf = (trial: number): number => all[trial]!.value
        for (const { trial, value } of finite.filter((score) => !kept.includes(score.trial)))
          for (const one of kept) {
            const gain = better === 'most' ? valueOf(one) - value : value - valueOf(one)
            expect(gain > 0 || (gain === 0 && one < trial)).toBe(true)
          }
      }),
    )
  })

  it('do not depend on the order in which trials end', () => {
    fc.assert(
      fc.property(scores, goal, fc.integer({ min: 0, max: 30 }), (all, better, count) => {
        expect(survivors(all.toReversed(), count, better)).toEqual(survivors(all, count, better))
        expect(ranked(all.toReversed(), better)).toEqual(ranked(all, better))
      }),
    )
  })
})
