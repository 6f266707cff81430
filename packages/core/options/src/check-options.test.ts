import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  checkOptions,
  flag,
  func,
  numberFrom,
  oneOf,
  optional,
  OptionsError,
  recordOf,
  type Rule,
  type Rules,
  show,
  wholeNumberFrom,
} from './index.ts'

const rules = {
  out: wholeNumberFrom(1),
  stride: optional(wholeNumberFrom(1)),
  per: optional(oneOf('layer', 'channel')),
  initial: optional(recordOf(func, 'weight', 'bias')),
}
const refusal = (options: unknown): string => {
  try {
    checkOptions('conv', options as object, rules)
  } catch (error) {
    expect(error).toBeInstanceOf(OptionsError)
    expect(error).toBeInstanceOf(RangeError)
    expect((error as OptionsError)._tag).toBe('OptionsError')
    return (error as OptionsError).message
  }
  return 'none'
}

describe('checkOptions', () => {
  it('takes options that keep to their rules, and undefined for those that may be left out', () => {
    expect(refusal({ out: 1 })).toBe('none')
    expect(refusal({ out: 8, stride: 2, per: 'layer', initial: { weight: () => 0, bias: undefined } })).toBe('none')
    expect(refusal({ out: 8, stride: undefined })).toBe('none')
  })

  it('names a misspelt option and the one that was meant', () => {
    expect(refusal({ outt: 8 })).toBe('conv: there is no option outt; did you mean out?')
    expect(refusal({ out: 8, Stride: 2 })).toBe('conv: there is no option Stride; did you mean stride?')
    expect(refusal({ out: 8, groups: 2 })).toBe('conv: there is no option groups; use out, stride, per, initial')
    expect(refusal({ out: 8, toString: 2 })).toBe('conv: there is no option toString; use out, stride, per, initial')
  })

  it('says what is missing', () => {
    expect(refusal({})).toBe('conv: out is missing; it must be a whole number of at least 1')
  })

  it('shows a string in quotes, so that it is not taken for a number', () => {
    expect(refusal({ out: '16' })).toBe("conv: out must be a whole number of at least 1, not '16'")
    expect(refusal({ out: 16n })).toBe('conv: out must be a whole number of at least 1, not 16n')
    expect(refusal({ out: null })).toBe('conv: out must be a whole number of at least 1, not null')
  })

  it('says what else a value must be', () => {
    expect(refusal({ out: 1, per: 'chanel' })).toBe("conv: per must be one of 'layer', 'channel', not 'chanel'")
    expect(refusal({ out: 1, initial: { wieght: () => 0 } })).toBe(
      'conv: initial must be a record of weight, bias, each a function, not a record of wieght',
    )
    expect(refusal({ out: 1, initial: { weight: 3 } })).toContain('each a function')
  })

  it('takes only a record for options', () => {
    expect(refusal(3)).toBe('conv: the options must be a record of out, stride, per, initial, not 3')
    expect(refusal(undefined)).toContain('not undefined')
    expect(refusal([1])).toContain('not [1]')
  })

  it('wants a rule for every option, at compile time', () => {
    expectTypeOf<Rules<{ readonly out: number; readonly stride?: number }>>().toEqualTypeOf<{
      readonly out: Rule
      readonly stride: Rule
    }>()
    // @ts-expect-error: there is no rule for stride
    expect(() => checkOptions('conv', { out: 1, stride: 1 }, { out: wholeNumberFrom(1) })).toThrow('no option stride')
  })
})

describe('the rules', () => {
  it.each([
    [wholeNumberFrom(0), 0, -1, 'a whole number of at least 0'],
    [wholeNumberFrom(0), 2 ** 53 - 1, 1.5, 'a whole number of at least 0'],
    [wholeNumberFrom(1, 3), 3, 4, 'a whole number from 1 to 3'],
    [numberFrom(), -2.5, NaN, 'a finite number'],
    [numberFrom(0), 0, Infinity, 'a finite number of at least 0'],
    [numberFrom(0, 1), 0.5, 1.5, 'a number from 0 to 1'],
    [flag, false, 0, 'true or false'],
    [func, () => 0, {}, 'a function'],
    [recordOf(flag, 'a'), { a: true }, null, 'a record of a, each true or false'],
  ] as const)('%# hold for the one and not for the other', ({ must, holds }, good, bad, words) => {
    expect(holds(good)).toBe(true)
    expect(holds(bad)).toBe(false)
    expect(must).toBe(words)
  })
})

describe('show', () => {
  it('prints records by their names and other objects by their class', () => {
    expect(show({})).toBe('an empty record')
    expect(show(Object.create(null))).toBe('an empty record')
    expect(show(new Map())).toBe('a Map')
    expect(show(undefined)).toBe('undefined')
  })
})
