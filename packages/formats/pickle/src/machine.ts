import { failure } from './error.ts'
import { call, damaged, globalNamed, type Language } from './language.ts'
import type { Value } from './value.ts'

// Without `ignoreBOM` the text would lack its first letter where that is a byte order mark.
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The size of what a call may copy. */
const sizeOf = (value: Value | undefined): number =>
  typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array ? value.length : 0

/** The pickle of a net of thousands of tensors takes a tenth of it. */
const mostSteps = 2 ** 20

/**
 * Reads a pickle: a program of a stack machine, of whose opcodes only those are known that make arrays, records
 * and numbers. Nothing can be called but the few functions of the language, which only make values. Throws
 * `PickleError` values.
 *
 * @see The Python standard library, `pickletools`
 */
export const readPickle = (bytes: Uint8Array, language: Language): Value => {
  const invalid = (place: number, what: string) => damaged(`${language.where}, byte ${place}`, what)
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const memo = new Map<number, Value>()
  const marks: Value[][] = []
  let stack: Value[] = []
  let at = 0
  // A value can be recalled and given to many calls, and a call may copy it; together they copy at most the file.
  let allowance = bytes.length

  let steps = 0

  const take = (count: number): number => {
    if (!(count >= 0 && count <= bytes.length - at)) throw invalid(at, 'it ends in the middle of a value')
    const from = at
    at += count
    return from
  }
  const byte = (): number => bytes[take(1)]!
  const uint16 = (): number => data.getUint16(take(2), true)
  const uint32 = (): number => data.getUint32(take(4), true)
  const uint64 = (): number => Number(data.getBigUint64(take(8), true))
  const raw = (length: number): Uint8Array => {
    const from = take(length)
    return bytes.slice(from, from + length)
  }
  const string = (length: number): string => {
    const from = take(length)
    try {
      return text.decode(bytes.subarray(from, from + length))
    } catch {
      throw invalid(from, 'a text is not UTF-8')
    }
  }
  // A text of Python 2 is bytes. Where it is not UTF-8, it stays bytes.
  const oldString = (length: number): string | Uint8Array => {
    const from = take(length)
    const found = bytes.subarray(from, from + length)
    try {
      return text.decode(found)
    } catch {
      return found
    }
  }
  const line = (): string => {
    const end = bytes.indexOf(10, at)
    if (end < 0 || end - at > 1000) throw invalid(at, 'a name has no end')
    const found = string(end - at)
    at++
    return found
  }
  const long = (length: number): number => {
    const digits = raw(length)
    const bits = digits.reduce((sum, digit, i) => sum + (BigInt(digit) << BigInt(8 * i)), 0n)
    const isNegative = (digits.at(-1) ?? 0) > 127
    return Number(isNegative ? bits - (1n << BigInt(8 * length)) : bits)
  }

  const push = (value: Value): void => void stack.push(value)
  const pop = (): Value => {
    const value = stack.pop()
    if (value === undefined) throw invalid(at - 1, 'it takes a value that is not there')
    return value
  }
  const top = (): Value => {
    const value = stack.at(-1)
    if (value === undefined) throw invalid(at - 1, 'it takes a value that is not there')
    return value
  }
  const popMark = (): Value[] => {
    const before = marks.pop()
    if (before === undefined) throw invalid(at - 1, 'it takes a mark that is not there')
    const values = stack
    stack = before
    return values
  }
  const tuple = (count: number): void => push(Array.from({ length: count }, pop).reverse())
  const append = (values: readonly Value[]): void => {
    const list = top()
    if (!Array.isArray(list)) throw invalid(at - 1, 'it appends to what is not a list')
    for (const value of values) list.push(value)
  }
  const setItems = (values: readonly Value[]): void => {
    const record = top()
    if (!(record instanceof Map) || values.length % 2 !== 0)
      throw invalid(at - 1, 'it sets an item of what is not a record')
    for (let i = 0; i < values.length; i += 2) record.set(values[i]!, values[i + 1]!)
  }
  const recall = (index: number): void => {
    const value = memo.get(index)
    if (value === undefined) throw invalid(at - 1, 'it recalls a value that it did not keep')
    push(value)
  }

  const opcodes: { readonly [opcode: number]: () => void } = {
    0x28: () => {
      marks.push(stack)
      stack = []
    }, // MARK (
    0x29: () => push([]), // EMPTY_TUPLE )
    0x5d: () => push([]), // EMPTY_LIST ]
    0x7d: () => push(new Map()), // EMPTY_DICT }
    0x74: () => push(popMark()), // TUPLE t
    0x85: () => tuple(1),
    0x86: () => tuple(2),
    0x87: () => tuple(3),
    0x61: () => append([pop()]), // APPEND a
    0x65: () => append(popMark()), // APPENDS e
    0x73: () => setItems([pop(), pop()].reverse()), // SETITEM s
    0x75: () => setItems(popMark()), // SETITEMS u
    0x4e: () => push(null), // NONE N
    0x88: () => push(true),
    0x89: () => push(false),
    0x4a: () => push(data.getInt32(take(4), true)), // BININT J
    0x4b: () => push(byte()), // BININT1 K
    0x4d: () => push(uint16()), // BININT2 M
    0x8a: () => push(long(byte())), // LONG1
    0x47: () => push(data.getFloat64(take(8))), // BINFLOAT G
    0x58: () => push(string(uint32())), // BINUNICODE X
    0x8c: () => push(string(byte())), // SHORT_BINUNICODE
    0x8d: () => push(string(uint64())), // BINUNICODE8
    0x54: () => push(oldString(uint32())), // BINSTRING T, of Python 2
    0x55: () => push(oldString(byte())), // SHORT_BINSTRING U
    0x42: () => push(raw(uint32())), // BINBYTES B
    0x43: () => push(raw(byte())), // SHORT_BINBYTES C
    0x71: () => void memo.set(byte(), top()), // BINPUT q
    0x72: () => void memo.set(uint32(), top()), // LONG_BINPUT r
    0x94: () => void memo.set(memo.size, top()), // MEMOIZE
    0x68: () => recall(byte()), // BINGET h
    0x6a: () => recall(uint32()), // LONG_BINGET j
    0x63: () => push(globalNamed(language, line(), line())), // GLOBAL c
    0x93: () => {
      const name = pop()
      const module = pop()
      if (typeof name !== 'string' || typeof module !== 'string')
        throw invalid(at - 1, 'the name of a class is not text')
      push(globalNamed(language, module, name))
    }, // STACK_GLOBAL
    0x52: () => {
      const args = pop()
      allowance -= Array.isArray(args) ? sizeOf(args[0]) : 0
      if (allowance < 0) throw invalid(at - 1, 'its calls make more than the file holds')
      push(call(language, pop(), args))
    }, // REDUCE R
    0x51: () => push(language.persistent(pop())), // BINPERSID Q
    0x62: () => {
      const state = pop()
      if (!language.build(top(), state)) throw invalid(at - 1, 'it sets attributes of what has none')
    }, // BUILD b
    0x30: () => void pop(), // POP 0
    0x31: () => void popMark(), // POP_MARK 1
    0x95: () => void take(8), // FRAME
    0x80: () => {
      const version = byte()
      if (version > 5) throw invalid(at - 1, `its protocol is ${version}, and 2 to 5 are known`)
    }, // PROTO
  }

  for (;;) {
    const opcode = byte()
    if (opcode === 0x2e) return pop() // STOP .
    const run = opcodes[opcode]
    if (run === undefined)
      throw failure(
        'UnsupportedOpcode',
        `${language.where}, byte ${at - 1}`,
        `the opcode 0x${opcode.toString(16).padStart(2, '0')} is not one that is needed for ${language.holds}`,
        `load it in Python, and ${language.remedy}`,
      )
    if (++steps > mostSteps)
      throw failure(
        'TooLarge',
        `${language.where}, byte ${at - 1}`,
        `it has more than ${mostSteps} steps, and each may make a value`,
        `load it in Python, and ${language.remedy}`,
      )
    run()
  }
}
