import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import {
  decode,
  type Dtype,
  encode,
  f16FromFloat32,
  bf16FromFloat32,
  float32FromBF16,
  float32FromF16,
  type TensorView,
  toFloat32,
  typedArray,
} from './index.ts'

const path = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(path(name)))
const valueOf = <A>(result: E.Either<unknown, A>): A => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

type Listing = {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: Readonly<
    Record<string, { readonly dtype: Dtype; readonly shape: readonly number[]; readonly hex: string }>
  >
}
const listing = (name: string): Listing => JSON.parse(readFileSync(path(name), 'utf8')) as Listing

describe('files of the Python library', () => {
  it('decode to the dtypes, shapes, bytes and metadata that PyTorch wrote', () => {
    const { tensors, metadata } = valueOf(decode(read('python-all.safetensors')))
    const expected = listing('python-all.json')
    expect([...tensors.keys()].sort()).toEqual(Object.keys(expected.tensors).sort())
    for (const [name, { dtype, shape, data }] of tensors) {
      const entry = Object.entries(expected.tensors).find(([key]) => key === name)?.[1]
      expect({ dtype, shape, hex: hex(data) }, name).toEqual(entry)
    }
    expect(Object.fromEntries(metadata)).toEqual(expected.metadata)
  })

  it('encode again to the very bytes that the library wrote', () => {
    for (const name of ['python-all', 'python-halves', 'python-none']) {
      const bytes = read(`${name}.safetensors`)
      expect(hex(valueOf(encode(valueOf(decode(bytes))))), name).toBe(hex(bytes))
    }
  })
})

describe('half and brain floats', () => {
  const { tensors } = valueOf(decode(read('python-halves.safetensors')))
  const view = (name: string): TensorView => {
    const found = tensors.get(name)
    if (found === undefined) throw new Error(name)
    return found
  }
  const single = valueOf(toFloat32(view('single')))

  it('round from float32 as PyTorch rounds', () => {
    expect(f16FromFloat32(single)).toEqual(typedArray({ ...view('half'), dtype: 'F16' }))
    expect(bf16FromFloat32(single)).toEqual(typedArray({ ...view('brain'), dtype: 'BF16' }))
  })

  it('survive the way to float32 and back, all 65,536 of them', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
    const quiet = (mask: number, bit: number): Uint16Array =>
      all.map((bits) => ((bits & 0x7fff) > mask ? bits | bit : bits))
    expect(f16FromFloat32(float32FromF16(all))).toEqual(quiet(0x7c00, 0x200))
    expect(bf16FromFloat32(float32FromBF16(all))).toEqual(quiet(0x7f80, 0x40))
  })

  it('have the values that IEEE 754 gives their bits', () => {
    const finite = Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits)
    const expected = Float32Array.from(finite, (bits) => {
      const exponent = bits >>> 10
      return exponent === 0 ? bits * 2 ** -24 : (1 + (bits & 0x3ff) / 1024) * 2 ** (exponent - 15)
    })
    expect(float32FromF16(finite)).toEqual(expected)
    expect(float32FromF16(finite.map((bits) => bits | 0x8000))).toEqual(expected.map((value) => -value))
    expect(float32FromF16(new Uint16Array([0x7c00, 0xfc00, 0x7e01]))).toEqual(
      new Float32Array([Infinity, -Infinity, Number.NaN]),
    )
  })
})

describe('a file of ours', () => {
  const ours = listing('ours.json')
  const bytes = valueOf(
    encode({
      tensors: Object.entries(ours.tensors).map(
        ([name, { dtype, shape, hex: data }]) =>
          [name, { dtype, shape, data: new Uint8Array(Buffer.from(data, 'hex')) }] as const,
      ),
      metadata: Object.entries(ours.metadata),
    }),
  )

  it('is the committed file, which the Python library has read and compared', () => {
    expect(hex(bytes)).toBe(hex(read('ours.safetensors')))
    expect(JSON.parse(readFileSync(path('ours.verified.json'), 'utf8'))).toMatchObject({
      equal: true,
      tensors: Object.keys(ours.tensors).length,
    })
  })

  const python = process.env['RESFN_PYTHON']
  it(
    python === undefined
      ? 'was compared by Python when the fixture was made (set RESFN_PYTHON to compare again)'
      : `is read by ${python} as written`,
    () => {
      const verified =
        python === undefined
          ? readFileSync(path('ours.verified.json'), 'utf8')
          : execFileSync(
              python,
              [
                fileURLToPath(new URL('../../../../scripts/fixtures/safetensors_files.py', import.meta.url)),
                'verify',
                path('ours.json'),
              ],
              { encoding: 'utf8' },
            )
      expect(JSON.parse(verified)).toMatchObject({ equal: true })
    },
  )
})
