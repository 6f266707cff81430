import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { either as E, function as F } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { decode, decodeFile, encode, type Idx, type IdxError } from './index.ts'

const bytesOf = (idx: Idx): Uint8Array =>
  F.pipe(
    encode(idx),
    E.getOrElseW((error) => {
      throw new Error(error.message)
    }),
  )
const shapes = fc.array(fc.nat(4), { maxLength: 4 })
const count = (shape: readonly number[]): number => shape.reduce((total, size) => total * size, 1)
const idx: fc.Arbitrary<Idx> = shapes.chain((shape) => {
  const sizes = { minLength: count(shape), maxLength: count(shape) }
  return fc.oneof(
    fc.uint8Array(sizes).map((data): Idx => ({ type: 'uint8', shape, data })),
    fc.int8Array(sizes).map((data): Idx => ({ type: 'int8', shape, data })),
    fc.int16Array(sizes).map((data): Idx => ({ type: 'int16', shape, data })),
    fc.int32Array(sizes).map((data): Idx => ({ type: 'int32', shape, data })),
    fc.float32Array(sizes).map((data): Idx => ({ type: 'float32', shape, data })),
    fc.float64Array(sizes).map((data): Idx => ({ type: 'float64', shape, data })),
  )
})

describe('IDX files', () => {
  it('decode what encode wrote, for every type and shape', () => {
    fc.assert(
      fc.property(idx, (value) => {
        expect(decode(bytesOf(value))).toEqual(E.right(value))
      }),
    )
  })

  it('have the bytes that the format description gives', () => {
    expect(bytesOf({ type: 'int32', shape: [1, 2], data: new Int32Array([1, -2]) })).toEqual(
      new Uint8Array([0, 0, 0x0c, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 255, 255, 255, 254]),
    )
    expect(bytesOf({ type: 'float32', shape: [], data: new Float32Array([1]) })).toEqual(
      new Uint8Array([0, 0, 0x0d, 0, 0x3f, 0x80, 0, 0]),
    )
  })

  it('share their memory for 8-bit types', () => {
    const file = bytesOf({ type: 'uint8', shape: [2], data: new Uint8Array([1, 2]) })
    const result = decode(file)
    expect(E.isRight(result) && result.right.data.buffer).toBe(file.buffer)
  })

  it('decode to a value and never throw when bytes are changed or cut', () => {
    fc.assert(
      fc.property(idx, fc.nat(), fc.nat(255), fc.nat(), (value, at, byte, cut) => {
        const bytes = bytesOf(value)
        bytes[at % bytes.length] = byte
        expect(['Left', 'Right']).toContain(decode(bytes.subarray(0, cut % (bytes.length + 1)))._tag)
      }),
    )
  })
})

const cases: readonly (readonly [string, readonly number[], IdxError['_tag'], number, string])[] = [
  ['an empty file', [], 'Truncated', 0, 'magic number'],
  ['three bytes', [0, 0, 8], 'Truncated', 3, 'magic number'],
  ['a first byte that is not zero', [1, 0, 8, 1, 0, 0, 0, 0], 'WrongMagic', 0, '01 00 08 01'],
  ['a type that is none', [0, 0, 0x0a, 1, 0, 0, 0, 0], 'WrongMagic', 0, '00 00 0a 01'],
  ['gzip where raw bytes are wanted', [0x1f, 0x8b, 8, 0], 'WrongMagic', 0, 'decodeFile'],
  ['a header cut short', [0, 0, 8, 3, 0, 0, 0, 1, 0, 0], 'Truncated', 10, '16 bytes for rank 3'],
  ['data cut short', [0, 0, 8, 1, 0, 0, 0, 5, 1, 2], 'Truncated', 10, 'need 13 bytes'],
  ['a claim of 4 GB in 9 bytes', [0, 0, 8, 1, 255, 255, 255, 255, 1], 'Truncated', 9, '4294967303'],
  [
    'sizes beyond 2^53 bytes',
    [0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255],
    'TooLarge',
    4,
    '4294967295 x 4294967295',
  ],
  ['bytes after the data', [0, 0, 8, 1, 0, 0, 0, 1, 7, 7], 'TrailingBytes', 9, 'the file has 10'],
]

describe('decode names what is wrong and where', () => {
  it.each(cases)('%s', (_, bytes, tag, offset, part) => {
    const result = decode(new Uint8Array(bytes))
    expect(result).toMatchObject({ left: { _tag: tag, offset } })
    expect(E.isLeft(result) && result.left.message).toContain(part)
  })
})

describe('encode refuses', () => {
  it('a shape that does not fit its data, or that IDX cannot hold', () => {
    for (const shape of [[3], [-1], [1.5], [2 ** 32], Array<number>(256).fill(1)]) {
      expect(encode({ type: 'uint8', shape, data: new Uint8Array(1) })).toMatchObject({
        left: { _tag: 'InvalidShape' },
      })
    }
  })
})

describe('decodeFile', () => {
  const value: Idx = {
    type: 'uint8',
    shape: [300, 200],
    data: Uint8Array.from({ length: 60000 }, (_, i) => (i * i) % 251),
  }

  it('reads the same from raw and from gzip bytes', async () => {
    expect(await decodeFile(bytesOf(value))()).toEqual(E.right(value))
    expect(await decodeFile(gzipSync(bytesOf(value)))()).toEqual(E.right(value))
  })

  it('names damaged and truncated gzip', async () => {
    const file = gzipSync(bytesOf(value))
    const damaged = Uint8Array.from(file, (byte, i) => (i === file.length - 40 ? byte ^ 255 : byte))
    expect(await decodeFile(file.subarray(0, file.length - 20))()).toMatchObject({ left: { _tag: 'InvalidGzip' } })
    expect(await decodeFile(damaged)()).toMatchObject({ left: { _tag: 'InvalidGzip' } })
  })

  it('stops at the end that the header gives, however much the gzip holds', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from([0, 0, 8, 1, 0, 0, 0, 1]), Buffer.alloc(50_000_000)]))
    const result = await decodeFile(bomb)()
    expect(result).toMatchObject({ left: { _tag: 'TrailingBytes', offset: 9 } })
    const seen = /the file has (\d+)/.exec(E.isLeft(result) ? result.left.message : '')?.[1]
    expect(Number(seen)).toBeLessThan(1_000_000)
  })

  it.each([
    ['tells the truth', 30_000_000],
    ['lies', 1000],
  ])('refuses a file whose header claims more than is allowed, whether it %s', async (_, zeros) => {
    const bomb = gzipSync(
      Buffer.concat([Buffer.from([0, 0, 8, 2, 0, 0, 0x27, 0x10, 0, 0, 0x0b, 0xb8]), Buffer.alloc(zeros)]),
    )
    const before = process.memoryUsage().arrayBuffers
    const result = await decodeFile(bomb, { maximalBytes: 20_000_000 })()
    expect(result).toMatchObject({ left: { _tag: 'TooLarge', offset: 4 } })
    expect(E.isLeft(result) && result.left.message).toContain('has 30000012 bytes by its header, at most 20000000 are')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })

  it('allows 1 GiB by default', async () => {
    const claim = gzipSync(new Uint8Array([0, 0, 8, 1, 0x40, 0, 0, 0, 1]))
    expect(await decodeFile(claim)()).toMatchObject({ left: { _tag: 'TooLarge' } })
  })

  it('stops early when the compressed bytes are no IDX file at all', async () => {
    expect(await decodeFile(gzipSync(Buffer.alloc(50_000_000, 1)))()).toMatchObject({ left: { _tag: 'WrongMagic' } })
  })
})
