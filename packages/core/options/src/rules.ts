import { show } from './show.ts'

/** What the value of an option must be: in words, after "must be", and as a test. */
export type Rule = { readonly must: string; readonly holds: (value: unknown) => boolean }

/** A whole number of at least `low`, and of at most `high` where there is a bound. */
export const wholeNumberFrom = (low: number, high: number = Infinity): Rule => ({
  must: high === Infinity ? `a whole number of at least ${low}` : `a whole number from ${low} to ${high}`,
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high,
})

/** A finite number of at least `low`, and of at most `high` where there is a bound. Any finite number by default. */
export const numberFrom = (low: number = -Infinity, high: number = Infinity): Rule => ({
  must:
    low === -Infinity
      ? 'a finite number'
      : high === Infinity
        ? `a finite number of at least ${low}`
        : `a number from ${low} to ${high}`,
  holds: (value) => Number.isFinite(value) && (value as number) >= low && (value as number) <= high,
})

/** True or false. */
export const flag: Rule = { must: 'true or false', holds: (value) => typeof value === 'boolean' }

/** A function. */
export const func: Rule = { must: 'a function', holds: (value) => typeof value === 'function' }

/** One of the given values. */
export const oneOf = (...values: readonly unknown[]): Rule => ({
  must: `one of ${values.map(show).join(', ')}`,
  holds: (value) => values.includes(value),
})

/**
 * A record that may have these names and no others, each with a value that keeps to the rule: `recordOf(func, 'weight',
 * 'bias')`.
 */
export const recordOf = (rule: Rule, ...names: readonly string[]): Rule => ({
  must: `a record of ${names.join(', ')}, each ${rule.must}`,
  holds: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, each]) => names.includes(name) && (each === undefined || rule.holds(each))),
})

/** What the rule says, or nothing: the option may be left out. */
export const optional = ({ must, holds }: Rule): Rule => ({
  must,
  holds: (value) => value === undefined || holds(value),
})
