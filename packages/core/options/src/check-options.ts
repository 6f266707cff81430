import { nearest } from './nearest.ts'
import type { Rule } from './rules.ts'
import { show } from './show.ts'

/** The options of a function are wrong: an unknown name, a missing option, or a value outside its range. */
export class OptionsError extends RangeError {
  readonly _tag = 'OptionsError'
  constructor(message: string) {
    super(message)
    this.name = 'OptionsError'
  }
}

/** A rule for every option of a record of options. */
export type Rules<O> = { readonly [K in keyof O]-?: Rule }

/**
 * Throws unless the options have known names only, and values that keep to their rules. A misspelt option is named with
 * the one that was probably meant, because plain JavaScript would ignore it.
 *
 * @param caller the function whose options they are, for the message
 * @param options the options as they were given
 * @param rules a rule for each name that there is; `optional(rule)` where the option may be left out
 * @throws OptionsError, a RangeError
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkOptions, optional, wholeNumberFrom } from '@resfn/options'
 *
 * const rules = { out: wholeNumberFrom(1), stride: optional(wholeNumberFrom(1)) }
 * checkOptions<object>('conv', { out: 8 }, rules)
 * assert.throws(() => checkOptions<object>('conv', { outt: 8 }, rules), /conv: there is no option outt; did you mean out\?/)
 * assert.throws(() => checkOptions<object>('conv', { out: '8' }, rules), /conv: out must be a whole number of at least 1, not '8'/)
 * ```
 */
export const checkOptions = <O>(caller: string, options: O, rules: Rules<O>): void => {
  const known = rules as { readonly [name: string]: Rule }
  const names = Object.keys(known)
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new OptionsError(`${caller}: the options must be a record of ${names.join(', ')}, not ${show(options)}`)
  for (const name of Object.keys(options))
    if (!Object.hasOwn(known, name)) {
      const [meant] = nearest(name, names)
      throw new OptionsError(
        `${caller}: there is no option ${name}; ${meant === undefined ? `use ${names.join(', ')}` : `did you mean ${meant}?`}`,
      )
    }
  const values = options as unknown as { readonly [name: string]: unknown }
  for (const name of names) {
    const { must, holds } = known[name]!
    const value = values[name]
    if (!holds(value))
      throw new OptionsError(
        value === undefined
          ? `${caller}: ${name} is missing; it must be ${must}`
          : `${caller}: ${name} must be ${must}, not ${show(value)}`,
      )
  }
}
