import { failure } from './error.ts'

/**
 * A pull reader of JSON text. `JSON.parse` will not do for a header from anywhere: it hides duplicate names, rounds
 * numbers, and builds the whole tree before anyone can look at it. Every method throws a `SafetensorsError` value.
 */
export type JsonReader = {
  /**
   * Reads `{ … }`, calling `member` with each name; it reads the value and says whether the name is new. A name that is
   * not is an error.
   */
  readonly object: (member: (name: string) => boolean) => void
  /** Reads `[ … ]`, calling `element` before each element; `element` must read it. */
  readonly array: (element: () => void) => void
  readonly string: () => string
  /** Reads a number and gives its text as written. */
  readonly number: () => string
  readonly isNull: () => boolean
  /** Reads any value and drops it. */
  readonly skip: () => void
  /** Asserts that only white space is left. */
  readonly end: () => void
  readonly fail: (what: string) => never
}

/** Says whether UTF-8 can hold a string: with the `u` flag only an unpaired surrogate matches. */
export const wellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)

/** Deeper values can only be in fields that the format does not know. */
const maximalDepth = 64

const quote = 0x22
const backslash = 0x5c
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

/**
 * Says of each name whether it is new. A `Set` for each of a million entries takes seconds, and most have three names.
 */
export const distinct = (): ((name: string) => boolean) => {
  const few: string[] = []
  let many: Set<string> | undefined
  return (name) => {
    if (many !== undefined) return many.size < many.add(name).size
    if (few.includes(name)) return false
    if (few.push(name) > 8) many = new Set(few)
    return true
  }
}

/** Makes a reader over `text`, which it reads once, left to right. */
export const jsonReader = (text: string): JsonReader => {
  let at = 0
  let depth = 0

  const fail = (what: string): never => {
    throw failure('InvalidJson', `header, character ${at}`, what, 'the file is damaged or not safetensors')
  }
  const space = (): void => {
    let code = text.charCodeAt(at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at)
  }
  const take = (token: string): boolean => {
    space()
    const found = text.startsWith(token, at)
    if (found) at += token.length
    return found
  }
  const expect = (token: string): void => {
    if (!take(token)) fail(`expected ${token}`)
  }

  const string = (): string => {
    space()
    if (text.charCodeAt(at) !== quote) fail('expected a string')
    let end = at + 1
    let escaped = false
    for (let code = text.charCodeAt(end); code !== quote; code = text.charCodeAt(end)) {
      if (end >= text.length) fail('a string is not closed')
      if (code < 0x20) {
        at = end
        fail('a string holds a control character')
      }
      escaped ||= code === backslash
      end += code === backslash ? 2 : 1
    }
    const value = escaped ? unescape(text.slice(at, end + 1)) : text.slice(at + 1, end)
    at = end + 1
    return value
  }
  const unescape = (literal: string): string => {
    try {
      const value: unknown = JSON.parse(literal)
      if (typeof value === 'string' && wellFormed(value)) return value
    } catch {
      // reported below with its position
    }
    return fail('a string holds a bad escape')
  }

  const digits = (): void => {
    const from = at
    while (isDigit(text.charCodeAt(at))) at++
    if (at === from) fail('expected a number')
  }
  const number = (): string => {
    space()
    const from = at
    if (text[at] === '-') at++
    if (text[at] === '0') at++
    else digits()
    if (text[at] === '.') {
      at++
      digits()
    }
    if (text[at] === 'e' || text[at] === 'E') {
      at++
      if (text[at] === '+' || text[at] === '-') at++
      digits()
    }
    return text.slice(from, at)
  }

  const nested = (open: string, close: string, element: () => void): void => {
    expect(open)
    if (++depth > maximalDepth) fail(`more than ${maximalDepth} nested values`)
    if (!take(close)) {
      do element()
      while (take(','))
      expect(close)
    }
    depth--
  }
  const array = (element: () => void): void => nested('[', ']', element)
  const object = (member: (name: string) => boolean): void =>
    nested('{', '}', () => {
      const name = string()
      const after = at
      expect(':')
      if (!member(name)) {
        throw failure(
          'DuplicateName',
          `header, character ${after}`,
          `the name ${JSON.stringify(name)} occurs twice`,
          'each name may occur once: write the file again',
        )
      }
    })

  const skip = (): void => {
    space()
    const first = text[at]
    if (first === '{') {
      const isNew = distinct()
      object((name) => {
        skip()
        return isNew(name)
      })
    } else if (first === '[') array(skip)
    else if (first === '"') string()
    else if (!take('true') && !take('false') && !take('null')) number()
  }

  return {
    object,
    array,
    string,
    number,
    isNull: () => {
      space()
      return text.startsWith('null', at)
    },
    skip,
    end: () => {
      space()
      if (at < text.length) fail('there is text after the closing brace')
    },
    fail,
  }
}
