import { checkOptions, wholeNumberFrom } from '@resfn/options'

/** A round of successive halving: so many trials train until so many epochs are done. */
export type Round = { readonly trials: number; readonly epochs: number }

/** How trials are halved. */
export type HalvingOptions = {
  /** Trials at the beginning. */
  readonly trials: number
  /** Epochs of a trial that is never stopped. */
  readonly epochs: number
  /** Of so many trials one goes on, for so many times the epochs. */
  readonly eta: number
}

/**
 * The rounds of successive halving. With n trials, R epochs and s the largest number for which `n / eta^s` and
 * `R / eta^s` are at least 1, round k = 0 … s has `floor(n / eta^k)` trials of `floor(R / eta^(s - k))` epochs in all.
 *
 * @param options see `HalvingOptions`
 * @throws OptionsError if trials or epochs is not a whole number from 1, or eta not one from 2
 * @see Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization" (2016)
 * @see Li et al., "Hyperband" (2018), algorithm 1, lines 3 to 9: its inner loop
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { halvingRounds } from '@resfn/sweep'
 *
 * const rounds = halvingRounds({ trials: 27, epochs: 27, eta: 3 })
 * assert.deepEqual(rounds.map(({ trials, epochs }) => [trials, epochs]), [[27, 1], [9, 3], [3, 9], [1, 27]])
 * ```
 */
export const halvingRounds = (options: HalvingOptions): readonly Round[] => {
  checkOptions('halvingRounds', options, {
    trials: wholeNumberFrom(1),
    epochs: wholeNumberFrom(1),
    eta: wholeNumberFrom(2),
  })
  const { trials, epochs, eta } = options
  let last = 0
  while (Math.min(trials, epochs) >= eta ** (last + 1)) last++
  return Array.from({ length: last + 1 }, (_, k) => ({
    trials: Math.floor(trials / eta ** k),
    epochs: Math.floor(epochs / eta ** (last - k)),
  }))
}

/** What a trial came to: a number to make large (`most`) or small (`least`), or NaN where it came to nothing. */
export type Score = { readonly trial: number; readonly value: number }

/** Whether more or less is better. */
export type Goal = 'most' | 'least'

/**
 * Scores from the best to the worst; of equal ones the trial with the lower number comes first, and NaN comes last.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ranked } from '@resfn/sweep'
 *
 * const scores = [{ trial: 0, value: NaN }, { trial: 1, value: 0.5 }, { trial: 2, value: 0.7 }, { trial: 3, value: 0.7 }]
 * assert.deepEqual(ranked(scores, 'most').map(({ trial }) => trial), [2, 3, 1, 0])
 * ```
 */
export const ranked = <S extends Score>(scores: readonly S[], goal: Goal): readonly S[] => {
  const isBetter = (a: Score, b: Score): boolean =>
    Number.isNaN(b.value) ? !Number.isNaN(a.value) : goal === 'most' ? a.value > b.value : a.value < b.value
  return scores.toSorted((a, b) => (isBetter(a, b) ? -1 : isBetter(b, a) ? 1 : a.trial - b.trial))
}

/**
 * The trials that go on: the best of a round, in the order of `ranked`. What is not a finite number never goes on, so
 * there may be fewer than asked for.
 *
 * @param scores of all trials of the round
 * @param count how many go on at most
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { survivors } from '@resfn/sweep'
 *
 * const losses = [{ trial: 0, value: 0.9 }, { trial: 1, value: NaN }, { trial: 2, value: 0.4 }]
 * assert.deepEqual(survivors(losses, 1, 'least'), [2])
 * ```
 */
export const survivors = (scores: readonly Score[], count: number, goal: Goal): readonly number[] =>
  ranked(
    scores.filter(({ value }) => Number.isFinite(value)),
    goal,
  )
    .slice(0, count)
    .map(({ trial }) => trial)
