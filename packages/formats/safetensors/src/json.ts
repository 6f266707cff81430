import { failure } from './error.ts'

/**
 * A pull reader of JSON text. `JSON.parse` will not do for a header from anywhere: it hides duplicate names, rounds numbers,
 * and builds the whole tree before anyone can look at it. Every method throws a `SafetensorsError` value.
 */
export type JsonReader = {
  /** Reads `{ … }`, calling `member` with each name; `member` must read the value. A name that occurs twice is an error. */
  readonly object: (member: (name: string) => void) => void
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

/** Makes a reader over `text`, which it reads once, left to right. */
export const jsonReader = (text: string): JsonReader => {
  let at = 0
  let depth = 0

  const fail = (what: string): never => {
    throw failure('InvalidJson', `header, character ${at}`, what, 'the file is damaged or not safetensors')
  }
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  const space = (): void => void match(/[ \t\n\r]*/y)
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
    if (text[at] !== '"') fail('expected a string')
    let end = at + 1
    let escaped = false
    while (end < text.length && text[end] !== '"') {
      if (text.charCodeAt(end) < 0x20) {
        at = end
        fail('a string holds a control character')
      }
      escaped ||= text[end] === '\\'
      end += text[end] === '\\' ? 2 : 1
    }
    if (end >= text.length) fail('a string is not closed')
    const literal = text.slice(at, end + 1)
    const value = escaped ? unescape(literal) : literal.slice(1, -1)
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

  const number = (): string => {
    space()
    return match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y) ?? fail('expected a number')
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
  const object = (member: (name: string) => void): void => {
    const names = new Set<string>()
    nested('{', '}', () => {
      const name = string()
      if (names.has(name)) {
        throw failure(
          'DuplicateName',
          `header, character ${at}`,
          `the name ${JSON.stringify(name)} occurs twice`,
          'each name may occur once: write the file again',
        )
      }
      names.add(name)
      expect(':')
      member(name)
    })
  }

  const skip = (): void => {
    space()
    const first = text[at]
    if (first === '{') object(skip)
    else if (first === '[') array(skip)
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
