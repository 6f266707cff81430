import { fold, type Key, uniform } from '@resfn/random'

/** A value of a setting. */
export type Value = string | number | boolean

/** A setting that is one of some values. */
export type Choice = { readonly values: readonly Value[] }

/** A setting that is a number of a range, both ends included. */
export type Range = {
  readonly from: number
  readonly to: number
  /** Whether numbers or their logarithms are spread evenly; by default numbers. */
  readonly scale?: 'linear' | 'log'
  /** Whether only whole numbers are taken; by default not. */
  readonly whole?: boolean
  /** So many numbers of it are points of a grid. */
  readonly count?: number
}

/** What a setting may be. */
export type Parameter = Choice | Range

/** The settings that a sweep varies, by name. */
export type Space = { readonly [name: string]: Parameter }

/** A value for each setting of a space. */
export type Point = { readonly [name: string]: Value }

/** A space that has no points, and where. */
export class SpaceError extends Error {
  readonly _tag = 'SpaceError'
  override readonly name = 'SpaceError'
  /** The setting that is wrong. */
  readonly parameter: string
  constructor(parameter: string, problem: string) {
    super(`${parameter}: ${problem}`)
    this.parameter = parameter
  }
}

/** Whether a parameter is a range. */
export const isRange = (parameter: Parameter): parameter is Range => !('values' in parameter)

const rangeProblem = ({ from, to, scale, whole, count }: Range): string | undefined => {
  if (!Number.isFinite(from) || !Number.isFinite(to) || from >= to)
    return `a range goes from a number to a larger one, not from ${from} to ${to}`
  if (scale === 'log' && from <= 0) return `a range with scale: log begins above 0, not at ${from}`
  if (whole === true && !(Number.isSafeInteger(from) && Number.isSafeInteger(to)))
    return `a range of whole numbers has whole ends, not ${from} and ${to}`
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 2))
    return `the count of a range is a whole number from 2, not ${count}`
  return undefined
}

/**
 * Checks that each parameter of a space has values.
 *
 * @throws SpaceError for a choice of nothing, and for a range that is empty, has no logarithm, or a wrong count
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkSpace } from '@resfn/sweep'
 *
 * assert.throws(() => checkSpace({ lr: { from: 0, to: 1, scale: 'log' } }), /lr: a range with scale: log begins above 0/)
 * ```
 */
export const checkSpace = (space: Space): void => {
  for (const [name, parameter] of Object.entries(space)) {
    const problem = isRange(parameter)
      ? rangeProblem(parameter)
      : parameter.values.length === 0
        ? 'give at least one value'
        : undefined
    if (problem !== undefined) throw new SpaceError(name, problem)
  }
}

/** Four digits, so that what is shown is what was used. */
const rounded = ({ from, to, whole = false }: Range, value: number): number =>
  Math.min(to, Math.max(from, whole ? Math.floor(value) : Number(value.toPrecision(4))))

/** The number at a share of a range; of whole numbers each has an interval as long as any other. */
const at = (range: Range, share: number): number => {
  const { from, to, scale = 'linear', whole = false } = range
  const end = whole ? to + 1 : to
  const value = scale === 'log' ? from * (end / from) ** share : from + share * (end - from)
  return rounded(range, value)
}

const drawn = (parameter: Parameter, key: Key): Value => {
  const share = uniform(key, 1)[0]!
  return isRange(parameter) ? at(parameter, share) : parameter.values[Math.floor(share * parameter.values.length)]!
}

/**
 * The point of a trial of random search: each setting is drawn evenly from its range or values, with the key
 * `fold(fold(key, trial), name)`. So a point depends on key and number alone, and another setting changes none of it.
 *
 * @param space the settings, see `Space`; numbers of ranges have four digits
 * @param options `key` of the sweep, and the number of the `trial` from 0
 * @throws SpaceError as `checkSpace`
 * @see Bergstra and Bengio, "Random search for hyper-parameter optimization" (2012)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { key } from '@resfn/random'
 * import { randomPoint } from '@resfn/sweep'
 *
 * const space = { lr: { from: 0.001, to: 1, scale: 'log' }, flip: { values: [true, false] } } as const
 * const { lr } = randomPoint(space, { key: key(0), trial: 7 })
 * assert.deepEqual(randomPoint({ lr: space.lr }, { key: key(0), trial: 7 }), { lr })
 * ```
 */
export const randomPoint = (space: Space, { key, trial }: { readonly key: Key; readonly trial: number }): Point => {
  checkSpace(space)
  const own = fold(key, trial)
  return Object.fromEntries(Object.entries(space).map(([name, parameter]) => [name, drawn(parameter, fold(own, name))]))
}

const gridValues = (name: string, parameter: Parameter): readonly Value[] => {
  if (!isRange(parameter)) return parameter.values
  const { from, to, scale = 'linear', whole = false, count } = parameter
  if (count === undefined)
    throw new SpaceError(
      name,
      'a range is a part of a grid with a count of points, such as count: 5; or list the values',
    )
  const values = Array.from({ length: count }, (_, i) => {
    const share = i / (count - 1)
    const value = scale === 'log' ? from * (to / from) ** share : from + share * (to - from)
    return rounded(parameter, whole ? Math.round(value) : value)
  })
  return [...new Set(values)]
}

/**
 * All points of a grid: each value of each setting with each of the others, the last setting first. A range gives its
 * `count` of points, evenly from end to end.
 *
 * @param space the settings, see `Space`
 * @throws SpaceError as `checkSpace`, and for a range without a count
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { gridPoints } from '@resfn/sweep'
 *
 * const space = { lr: { from: 0.01, to: 1, scale: 'log', count: 3 }, batch: { values: [32, 64] } } as const
 * assert.deepEqual(gridPoints(space).map(({ lr, batch }) => `${lr} ${batch}`), ['0.01 32', '0.01 64', '0.1 32', '0.1 64', '1 32', '1 64'])
 * ```
 */
export const gridPoints = (space: Space): readonly Point[] => {
  checkSpace(space)
  return Object.entries(space).reduce<readonly Point[]>(
    (points, [name, parameter]) => {
      const values = gridValues(name, parameter)
      return points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })))
    },
    [{}],
  )
}
