import fc from 'fast-check'
import { either as E, function as F } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import {
  byteLength,
  decode,
  dtypeBits,
  dtypes,
  encode,
  fromFloat32,
  type TensorView,
  tensorView,
  toFloat32,
  typedArray,
} from './index.ts'

const view: fc.Arbitrary<TensorView> = fc
  .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(4), { maxLength: 4 }), seed: fc.nat(255) })
  .map(({ dtype, shape, seed }) => {
    // An even last size ends packed elements at a byte when it is a multiple of 4.
    const whole = typeof byteLength(dtype, shape) === 'number' ? shape : [...shape, 4]
    const length = byteLength(dtype, whole)
    return { dtype, shape: whole, data: Uint8Array.from({ length: Number(length) }, (_, i) => (i * 31 + seed) % 256) }
  })
const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => text !== '__metadata__')
const content = fc.record({
  tensors: fc.uniqueArray(fc.tuple(name, view), { maxLength: 6, selector: ([key]) => key }),
  metadata: fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'grapheme' })), { maxLength: 3, selector: ([key]) => key }),
})
const bytesOf = (input: Parameters<typeof encode>[0]): Uint8Array =>
  F.pipe(
    encode(input),
    E.getOrElseW((error) => {
      throw new Error(error.message)
    }),
  )

describe('safetensors', () => {
  it('decode what encode wrote, for every dtype', () => {
    fc.assert(
      fc.property(content, ({ tensors, metadata }) => {
        expect(decode(bytesOf({ tensors, metadata }))).toEqual(
          E.right({ tensors: new Map(tensors), metadata: new Map(metadata) }),
        )
      }),
    )
  })

  it('have the same bytes whatever the order of their content', () => {
    fc.assert(
      fc.property(content, ({ tensors, metadata }) => {
        expect(bytesOf({ tensors: [...tensors].reverse(), metadata: [...metadata].reverse() })).toEqual(
          bytesOf({ tensors, metadata }),
        )
      }),
    )
  })

  it('start every tensor at a multiple of its element size, so that typed arrays share the memory', () => {
    fc.assert(
      fc.property(content, (input) => {
        const result = decode(bytesOf(input))
        if (E.isLeft(result)) throw new Error(result.left.message)
        for (const { dtype, data } of result.right.tensors.values()) {
          if (dtypeBits[dtype] >= 8) expect(data.byteOffset % (dtypeBits[dtype] / 8)).toBe(0)
        }
      }),
    )
  })

  it('decode to a value and never throw when bytes are changed, dropped or added', () => {
    const change = fc.record({ at: fc.nat(), drop: fc.nat(3), put: fc.uint8Array({ maxLength: 3 }) })
    fc.assert(
      fc.property(content, fc.array(change, { minLength: 1, maxLength: 4 }), (input, changes) => {
        const bytes = changes.reduce((now, { at, drop, put }) => {
          const cut = at % (now.length + 1)
          return Uint8Array.from([...now.subarray(0, cut), ...put, ...now.subarray(cut + drop)])
        }, bytesOf(input))
        expect(['Left', 'Right']).toContain(decode(bytes)._tag)
      }),
      { numRuns: 500 },
    )
  })

  it('decode header texts as JSON.parse reads them, or refuse them', () => {
    const text = fc.oneof(
      fc.json(),
      fc.string().map((part) => `{"a":${part}}`),
      fc.json().map((part) => `{"a":{"x":${part},"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`),
    )
    fc.assert(
      fc.property(text, (header) => {
        const encoded = new TextEncoder().encode(header)
        const bytes = new Uint8Array(8 + encoded.length)
        new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true)
        bytes.set(encoded, 8)
        const result = decode(bytes)
        if (E.isRight(result))
          expect(Object.keys(JSON.parse(header) as object)).toEqual(
            expect.arrayContaining([...result.right.tensors.keys()]),
          )
      }),
      { numRuns: 500 },
    )
  })
})

describe('conversions', () => {
  it('keep float32 values through F32 and F64, and unaligned views read the same', () => {
    fc.assert(
      fc.property(
        fc.float32Array(),
        fc.constantFrom('F32' as const, 'F64' as const),
        fc.nat(7),
        (values, dtype, shift) => {
          const made = fromFloat32(dtype, [values.length], values)
          const moved = new Uint8Array(made.data.length + shift)
          moved.set(made.data, shift)
          expect(toFloat32({ ...made, data: moved.subarray(shift) })).toEqual(E.right(values))
        },
      ),
    )
  })

  it('read the small integers exactly', () => {
    for (const [dtype, values] of [
      ['BOOL', new Uint8Array([0, 1])],
      ['U8', new Uint8Array([0, 255])],
      ['I8', new Int8Array([-128, 127])],
      ['I16', new Int16Array([-32768, 32767])],
      ['U16', new Uint16Array([0, 65535])],
      ['I32', new Int32Array([-(2 ** 31), 2 ** 24])],
      ['U32', new Uint32Array([0, 2 ** 31])],
    ] as const) {
      expect(toFloat32(tensorView(dtype, [2], values as never)), dtype).toEqual(E.right(Float32Array.from(values)))
    }
  })

  it('refuse what float32 cannot hold and say how to read it', () => {
    const result = toFloat32(tensorView('I64', [1], new BigInt64Array([2n ** 60n])))
    expect(result).toMatchObject({
      left: { _tag: 'UnsupportedDtype', message: expect.stringContaining('typedArray') as string },
    })
  })

  it('give 64-bit integers and complex pairs as typed arrays', () => {
    expect(typedArray(tensorView('I64', [1], new BigInt64Array([-5n])))).toEqual(new BigInt64Array([-5n]))
    expect(typedArray(tensorView('C64', [1], new Float32Array([1, 2])))).toEqual(new Float32Array([1, 2]))
  })
})
