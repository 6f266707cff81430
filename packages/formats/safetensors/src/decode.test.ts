import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { decode, decodeHeader, encode, type SafetensorsError } from './index.ts'

const file = (header: string | Uint8Array, data: Uint8Array = new Uint8Array()): Uint8Array => {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}
const claiming = (length: bigint, rest = 2): Uint8Array => {
  const bytes = new Uint8Array(8 + rest).fill(0x7b)
  new DataView(bytes.buffer).setBigUint64(0, length, true)
  return bytes
}
const errorOf = (bytes: Uint8Array): SafetensorsError => {
  const result = decode(bytes)
  if (E.isRight(result)) throw new Error('it decoded')
  return result.left
}
const entry = (dtype: unknown, shape: unknown, offsets: unknown): string =>
  JSON.stringify({ dtype, shape, data_offsets: offsets })
const floats = (count: number): Uint8Array => new Uint8Array(count * 4)

describe('decode names what is wrong', () => {
  const cases: readonly (readonly [string, Uint8Array, SafetensorsError['_tag'], string])[] = [
    ['an empty file', new Uint8Array(), 'TooShort', 'byte 0: the file has 0 bytes'],
    ['seven bytes', new Uint8Array(7), 'TooShort', 'the file has 7 bytes'],
    ['a header length beyond 100 MB', claiming(100_000_001n), 'HeaderTooLarge', '100000001 bytes'],
    ['a header length of 2^64 - 1', claiming(2n ** 64n - 1n), 'HeaderTooLarge', '18446744073709551615 bytes'],
    ['a header length beyond the file', claiming(3n), 'HeaderOutOfBounds', 'claims 3 bytes, the file has 2'],
    ['a header that is not UTF-8', file(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])), 'InvalidUtf8', 'not UTF-8'],
    ['a header with a byte order mark', file('\ufeff{}'), 'InvalidJson', 'starts with {'],
    ['an empty header', file(''), 'InvalidJson', 'starts with {'],
    ['white space before the header', file(' {}'), 'InvalidJson', 'starts with {'],
    ['an array as header', file('[]'), 'InvalidJson', 'starts with {'],
    ['a header cut short', file('{"a":'), 'InvalidJson', 'character 5'],
    ['a string that is not closed', file('{"a'), 'InvalidJson', 'not closed'],
    ['a string that ends in a backslash', file('{"a\\"'), 'InvalidJson', 'not closed'],
    ['a control character in a string', file('{"a\u0001":{}}'), 'InvalidJson', 'control character'],
    ['an unknown escape', file('{"\\x":{}}'), 'InvalidJson', 'bad escape'],
    ['half a surrogate pair', file('{"\\ud800":{}}'), 'InvalidJson', 'bad escape'],
    ['text after the header', file('{} x'), 'InvalidJson', 'after the closing brace'],
    ['a trailing comma', file('{"__metadata__":{},}'), 'InvalidJson', 'expected a string'],
    ['a missing comma', file(`{"a":${entry('U8', [0], [0, 0])}"b":{}}`), 'InvalidJson', 'expected }'],
    ['a tensor that is no object', file('{"a":[]}'), 'InvalidJson', 'expected {'],
    ['a dtype that is no string', file(`{"a":${entry(7, [], [0, 1])}}`), 'InvalidJson', 'expected a string'],
    ['a shape that is no array', file(`{"a":${entry('U8', 1, [0, 1])}}`), 'InvalidJson', 'expected ['],
    ['a shape of strings', file(`{"a":${entry('U8', ['1'], [0, 1])}}`), 'InvalidJson', 'expected a number'],
    ['metadata that holds a number', file('{"__metadata__":{"a":1}}'), 'InvalidJson', 'expected a string'],
    ['very deep unknown fields', file(`{"a":{"x":${'['.repeat(1e5)}`), 'InvalidJson', 'nested'],
    [
      'a tensor twice',
      file(`{"a":${entry('U8', [0], [0, 0])},"a":${entry('U8', [0], [0, 0])}}`),
      'DuplicateName',
      '"a" occurs twice',
    ],
    [
      'a tensor twice, once with an escape',
      file(`{"a":${entry('U8', [0], [0, 0])},"\\u0061":{}}`),
      'DuplicateName',
      '"a" occurs twice',
    ],
    [
      'a field twice',
      file('{"a":{"dtype":"U8","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
      'DuplicateName',
      '"dtype"',
    ],
    ['a metadata key twice', file('{"__metadata__":{"k":"1","k":"2"}}'), 'DuplicateName', '"k"'],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), 'DuplicateName', '"__metadata__"'],
    ['no dtype', file('{"a":{"shape":[],"data_offsets":[0,0]}}'), 'InvalidField', 'tensor "a": "dtype" is missing'],
    ['no shape', file('{"a":{"dtype":"U8","data_offsets":[0,0]}}'), 'InvalidField', '"shape" is missing'],
    ['no offsets', file('{"a":{"dtype":"U8","shape":[]}}'), 'InvalidField', '"data_offsets" is missing'],
    ['a negative size', file(`{"a":${entry('U8', [-1], [0, 1])}}`), 'InvalidField', '"shape" holds -1'],
    ['a fractional size', file(`{"a":${entry('U8', [1.5], [0, 1])}}`), 'InvalidField', '"shape" holds 1.5'],
    [
      'a size with a fraction of zero',
      file('{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}'),
      'InvalidField',
      '"shape" holds 1.0',
    ],
    [
      'a size with an exponent',
      file('{"a":{"dtype":"U8","shape":[1e3],"data_offsets":[0,1000]}}'),
      'InvalidField',
      '"shape" holds 1e3',
    ],
    [
      'a size beyond 2^53',
      file('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}'),
      'InvalidField',
      'holds 9007199254740993',
    ],
    ['65 sizes', file(`{"a":${entry('U8', Array(65).fill(1), [0, 1])}}`), 'InvalidField', 'more than 64'],
    [
      'an offset beyond 2^53',
      file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615]}}'),
      'InvalidField',
      '"data_offsets" holds',
    ],
    ['three offsets', file(`{"a":${entry('U8', [1], [0, 1, 2])}}`), 'InvalidField', 'more than 2'],
    ['one offset', file(`{"a":${entry('U8', [1], [0])}}`), 'InvalidField', '[begin, end]'],
    [
      'offsets that run backwards',
      file(`{"a":${entry('U8', [1], [1, 0])}}`, new Uint8Array(1)),
      'InvalidField',
      'begin <= end',
    ],
    ['an unknown dtype', file(`{"a":${entry('F128', [1], [0, 16])}}`, new Uint8Array(16)), 'UnknownDtype', '"F128"'],
    [
      'a dtype from the prototype of objects',
      file(`{"a":${entry('toString', [1], [0, 1])}}`, new Uint8Array(1)),
      'UnknownDtype',
      '"toString"',
    ],
    [
      'fewer bytes than the shape needs',
      file(`{"a":${entry('F32', [2], [0, 4])}}`, floats(1)),
      'SizeMismatch',
      'shape [2] of F32 needs 8 bytes, "data_offsets" gives 4',
    ],
    [
      'a product that overflows',
      file(`{"a":${entry('U8', [2 ** 40, 2 ** 40], [0, 0])}}`),
      'SizeMismatch',
      'larger than 2^53 bits',
    ],
    [
      'a product that overflows before its zero',
      file(`{"a":${entry('U8', [2 ** 40, 2 ** 40, 0], [0, 0])}}`),
      'SizeMismatch',
      'larger than 2^53 bits',
    ],
    [
      'packed floats that end inside a byte',
      file(`{"a":${entry('F6_E3M2', [3], [0, 3])}}`, new Uint8Array(3)),
      'SizeMismatch',
      'whole byte',
    ],
    [
      'a tensor beyond the data',
      file(`{"a":${entry('F32', [2], [0, 8])}}`, floats(1)),
      'OutOfBounds',
      'ends at byte 8 of the data, which has 4',
    ],
    [
      'tensors that overlap',
      file(`{"a":${entry('F32', [1], [0, 4])},"b":${entry('F32', [1], [0, 4])}}`, floats(1)),
      'Overlap',
      'tensor "b": it starts at byte 0 of the data, inside tensor "a"',
    ],
    [
      'a hole between tensors',
      file(`{"a":${entry('F32', [1], [0, 4])},"b":${entry('F32', [1], [8, 12])}}`, floats(3)),
      'Hole',
      'bytes 4 to 8',
    ],
    [
      'a hole before the first tensor',
      file(`{"a":${entry('U8', [1], [1, 2])}}`, new Uint8Array(2)),
      'Hole',
      'bytes 0 to 1',
    ],
    [
      'bytes after the last tensor',
      file(`{"a":${entry('U8', [1], [0, 1])}}`, new Uint8Array(2)),
      'Hole',
      'the last 1 bytes',
    ],
  ]
  it.each(cases)('%s', (_, bytes, tag, part) => {
    const error = errorOf(bytes)
    expect(error._tag).toBe(tag)
    expect(error.message).toContain(part)
    expect(error.message.split('; ').at(-1)).not.toBe('')
  })
})

describe('decode names files of other formats', () => {
  const text = (start: string): Uint8Array => new TextEncoder().encode(start)
  it.each([
    [
      'a Git LFS pointer',
      text(`version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 9\n`),
      'byte 0: it is a Git LFS pointer, not the file that it points to; fetch the file itself, for example by `git lfs pull`',
    ],
    [
      'a zip file of PyTorch',
      new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 8, 8, 0, 0, 0, 0]),
      'it is a zip file, as PyTorch writes .pth, .pt and .bin; read it with @resfn/import',
    ],
    ['a pickle of PyTorch', new Uint8Array([0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9]), 'it is a pickle'],
    [
      'a page',
      text('\n<!DOCTYPE html><html>'),
      'it is an HTML or XML page; the server sent a page instead of the file',
    ],
    ['gzip', new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), 'it is compressed with gzip; decompress it first'],
  ])('%s', (_, bytes, part) => {
    const error = errorOf(bytes)
    expect(error._tag).toBe('OtherFormat')
    expect(error.message).toContain(part)
  })
})

describe('decode of a large header', () => {
  const seconds = (run: () => unknown): number => {
    const from = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(from)
    return (user + system) / 1e6
  }
  const many = (count: number, member: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => member(i)).join()
  const zero = entry('F32', [0], [0, 0])

  // JSON.parse reads the same text in linear time; a reader by regular expressions takes 15 times as long and more.
  it.each([
    ['many tensors', `{${many(50_000, (i) => `"t${i}":${zero}`)}}`],
    ['much metadata', `{"__metadata__":{${many(130_000, (i) => `"k${i}":"v"`)}}}`],
    ['a field of many numbers', `{"t":{"x":[${many(700_000, () => '1')}],${zero.slice(1)}}`],
  ])('takes time in proportion to %s', (_, header) => {
    const bytes = file(header)
    decode(bytes)
    const parse = seconds(() => JSON.parse(header))
    expect(seconds(() => decode(bytes))).toBeLessThan(10 * Math.max(parse, 0.1))
  })
})

describe('decodeHeader', () => {
  const whole = file(
    `{"a":${entry('F32', [2], [0, 8])},"b":${entry('U8', [1], [8, 9])}}`,
    new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 7]),
  )
  const start = whole.length - 9

  it('gives the bytes of the file that hold each tensor, from the beginning of the file alone', () => {
    const result = decodeHeader(whole.subarray(0, start), whole.length)
    expect(result).toEqual(
      E.right({
        tensors: new Map([
          ['a', { dtype: 'F32', shape: [2], start, end: start + 8 }],
          ['b', { dtype: 'U8', shape: [1], start: start + 8, end: start + 9 }],
        ]),
        metadata: new Map(),
      }),
    )
    const all = decode(whole)
    expect(E.isRight(all) && all.right.tensors.get('b')?.data).toEqual(new Uint8Array([7]))
  })

  it('says how many bytes to give, and checks the fit to the file', () => {
    expect(decodeHeader(whole.subarray(0, 10), whole.length)).toMatchObject({
      left: { _tag: 'HeaderOutOfBounds', message: expect.stringContaining(`give the first ${start} bytes`) as string },
    })
    expect(decodeHeader(whole.subarray(0, start), whole.length - 1)).toMatchObject({ left: { _tag: 'OutOfBounds' } })
    expect(decodeHeader(whole.subarray(0, start), whole.length + 1)).toMatchObject({ left: { _tag: 'Hole' } })
  })
})

describe('decode accepts', () => {
  it('offsets in any order', () => {
    const bytes = file(`{"b":${entry('U8', [1], [1, 2])},"a":${entry('U8', [1], [0, 1])}}`, new Uint8Array([7, 8]))
    expect(decode(bytes)).toMatchObject(
      E.right({
        tensors: new Map([
          ['b', { data: new Uint8Array([8]) }],
          ['a', { data: new Uint8Array([7]) }],
        ]),
      }),
    )
  })

  it('white space inside and after the header, unknown fields, and null as metadata', () => {
    const bytes = file(
      '{ "a" : {"x":[1,{"y":null}],"dtype":"U8" , "shape":[ ],"data_offsets":[0,1],"z":true} ,\n"__metadata__": null }\t  ',
      new Uint8Array(1),
    )
    expect(E.isRight(decode(bytes))).toBe(true)
  })

  it('empty tensors at the offset of their neighbour', () => {
    const bytes = file(
      `{"a":${entry('U8', [2], [0, 2])},"none":${entry('F32', [0, 9], [0, 0])},"last":${entry('U8', [0], [2, 2])}}`,
      new Uint8Array(2),
    )
    expect(E.isRight(decode(bytes))).toBe(true)
  })

  it('names of the object prototype as plain names', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const bytes = file(
      `{${names.map((name, i) => `"${name}":${entry('U8', [1], [i, i + 1])}`).join()},"__metadata__":{"__proto__":"x"}}`,
      new Uint8Array(4),
    )
    const result = decode(bytes)
    expect(result).toMatchObject(E.right({ metadata: new Map([['__proto__', 'x']]) }))
    expect(E.isRight(result) && [...result.right.tensors.keys()]).toEqual(names)
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('dtype')
  })

  it('a file inside a larger buffer, and gives views into it', () => {
    const inner = file(`{"a":${entry('F32', [1], [0, 4])}}`, new Uint8Array([0, 0, 128, 63]))
    const outer = new Uint8Array(inner.length + 10)
    outer.set(inner, 3)
    const result = decode(outer.subarray(3, 3 + inner.length))
    const data = E.isRight(result) ? result.right.tensors.get('a')?.data : undefined
    expect(data?.buffer).toBe(outer.buffer)
    expect(data).toEqual(new Uint8Array([0, 0, 128, 63]))
  })
})

describe('encode names what is wrong', () => {
  const u8 = (...data: number[]): { dtype: 'U8'; shape: number[]; data: Uint8Array } => ({
    dtype: 'U8',
    shape: [data.length],
    data: new Uint8Array(data),
  })
  const cases: readonly (readonly [string, Parameters<typeof encode>[0], SafetensorsError['_tag'], string])[] = [
    [
      'a name twice',
      {
        tensors: [
          ['a', u8(1)],
          ['a', u8(2)],
        ],
      },
      'DuplicateName',
      'tensor "a"',
    ],
    ['the reserved name', { tensors: [['__metadata__', u8(1)]] }, 'InvalidField', 'reserved'],
    ['a name that UTF-8 cannot hold', { tensors: [['\ud800', u8(1)]] }, 'InvalidUtf8', 'surrogate'],
    [
      'a shape that does not fit',
      { tensors: [['a', { ...u8(1, 2), shape: [3] }]] },
      'SizeMismatch',
      'needs 3 bytes, the data has 2',
    ],
    [
      'a packed shape inside a byte',
      { tensors: [['a', { dtype: 'F4', shape: [3], data: new Uint8Array(2) }]] },
      'SizeMismatch',
      'whole byte',
    ],
    ['a shape too large', { tensors: [['a', { ...u8(), shape: [2 ** 50, 2 ** 50] }]] }, 'SizeMismatch', '2^53'],
    ['a negative size', { tensors: [['a', { ...u8(1), shape: [-1, -1] }]] }, 'InvalidField', '[-1, -1]'],
    ['a dtype that is none', { tensors: [['a', { ...u8(1), dtype: 'F31' as 'F32' }]] }, 'UnknownDtype', '"F31"'],
    [
      'metadata twice',
      {
        tensors: [],
        metadata: [
          ['k', '1'],
          ['k', '2'],
        ],
      },
      'DuplicateName',
      'metadata "k"',
    ],
    [
      'metadata that is no string',
      { tensors: [], metadata: [['k', 1 as unknown as string]] },
      'InvalidField',
      'metadata "k"',
    ],
  ]
  it.each(cases)('%s', (_, input, tag, part) => {
    const result = encode(input)
    expect(result).toMatchObject({ _tag: 'Left', left: { _tag: tag } })
    expect(E.isLeft(result) && result.left.message).toContain(part)
  })
})
