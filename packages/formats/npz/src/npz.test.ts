import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { fileOf } from '@resfn/zip'
import { decode, decodeNpy, type NpzError } from './index.ts'

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`./fixtures/${name}`, import.meta.url)))

type Listing = {
  readonly [key: string]: { readonly dtype: string; readonly shape: readonly number[]; readonly hex: string }
}
const { arrays } = JSON.parse(new TextDecoder().decode(read('arrays.json'))) as { readonly arrays: Listing }

const everything = async (bytes: Uint8Array): Promise<E.Either<NpzError, Listing>> => {
  const decoded = await decode(fileOf(bytes))()
  if (E.isLeft(decoded)) return decoded
  const entries: [string, Listing[string]][] = []
  for (const [name, array] of decoded.right) {
    const found = await array.view()
    if (E.isLeft(found)) return found
    const { dtype, shape, data } = found.right
    expect([array.dtype, array.shape]).toEqual([dtype, shape])
    entries.push([name, { dtype, shape, hex: Buffer.from(data).toString('hex') }])
  }
  return E.right(Object.fromEntries(entries))
}

describe('files of NumPy', () => {
  it.each(['arrays.npz', 'compressed.npz'])(
    '%s have the values of NumPy, row by row and little-endian',
    async (name) => {
      expect(await everything(read(name))).toEqual(E.right(arrays))
    },
  )

  it('with one array', () => {
    const { dtype, shape, hex } = arrays['fortran']!
    const found = decodeNpy(read('single.npy'))
    if (E.isLeft(found)) throw new Error(found.left.message)
    expect({
      dtype: found.right.dtype,
      shape: found.right.shape,
      hex: Buffer.from(found.right.data).toString('hex'),
    }).toEqual({ dtype, shape, hex })
  })
})

const npy = (header: string, data: readonly number[] = []): Uint8Array =>
  new Uint8Array([
    0x93,
    ...Buffer.from('NUMPY'),
    1,
    0,
    header.length & 255,
    header.length >> 8,
    ...Buffer.from(header, 'latin1'),
    ...data,
  ])

describe('files that are refused', () => {
  it.each<[what: string, bytes: Uint8Array, tag: NpzError['_tag'], message: string]>([
    ['objects', read('object.npy'), 'UnsupportedType', 'the type is "|O"; numbers of at most 64 bits'],
    ['texts', read('text.npy'), 'UnsupportedType', 'the type is "<U3"'],
    ['records', npy(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}`), 'UnsupportedType', 'a record'],
    ['other bytes', new Uint8Array(20), 'OtherFormat', 'does not begin with \\x93NUMPY'],
    ['no shape', npy(`{'descr': '<f4', 'fortran_order': False}`), 'InvalidHeader', 'lacks descr'],
    ['a negative size', npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}`), 'InvalidHeader', 'lacks'],
    [
      'a shape beyond 2^53',
      npy(`{'descr': '<f4', 'fortran_order': True, 'shape': (99999999, 99999999)}`),
      'SizeMismatch',
      'more than 2^53 bits',
    ],
    [
      'too few bytes',
      npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}`, [0, 0, 0]),
      'SizeMismatch',
      'it has 3 bytes, and shape (2) of F32 needs 8',
    ],
    [
      '65 axes',
      npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (${'1,'.repeat(65)})}`),
      'InvalidHeader',
      'the shape is',
    ],
    ['a header longer than the file', npy('').with(8, 9), 'InvalidHeader', 'longer than the file'],
  ])('%s', (_, bytes, tag, message) => {
    expect(decodeNpy(bytes)).toMatchObject({ left: { _tag: tag, message: expect.stringContaining(message) as string } })
  })

  it('a zip file of something else, and an array in it that is damaged', async () => {
    expect(await decode(fileOf(zipSync({ 'a.txt': new Uint8Array(1) })))()).toMatchObject({
      left: { _tag: 'OtherFormat' },
    })
    expect(await everything(zipSync({ 'a.npy': new Uint8Array(1) }))).toMatchObject({
      left: { _tag: 'OtherFormat', message: expect.stringContaining('array "a", byte 0') as string },
    })
  })

  it('a bomb, before it is unpacked', async () => {
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}`
    const bomb = new Uint8Array(128 * 2 ** 20)
    bomb.set(npy(header))
    const file = zipSync({ 'a.npy': bomb })
    const before = process.memoryUsage().arrayBuffers
    expect(await everything(file)).toMatchObject({ left: { _tag: 'SizeMismatch' } })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20)
  })

  it('end in a value when bytes are changed or cut', async () => {
    const whole = read('single.npy')
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.array(fc.tuple(fc.nat(127), fc.nat(255)), { maxLength: 4 }),
        async (length, changes) => {
          const bytes = whole.slice()
          for (const [at, value] of changes) bytes[at] = value
          expect(['Left', 'Right']).toContain(decodeNpy(bytes)._tag)
          expect(['Left', 'Right']).toContain(decodeNpy(bytes.subarray(0, length))._tag)
          expect(['Left', 'Right']).toContain((await everything(zipSync({ 'a.npy': bytes })))._tag)
        },
      ),
      { numRuns: 500 },
    )
  })
})
