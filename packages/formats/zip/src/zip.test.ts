import fc from 'fast-check'
import { zipSync } from 'fflate'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { openZip, type Zip } from './index.ts'

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}
const content = {
  'a.txt': new Uint8Array(5000).fill(7),
  'b/c': [new Uint8Array([1, 2, 3]), { level: 0 as const }],
} as const
const bytes = zipSync(content as never)
const zip: Zip = right(openZip(bytes))
/** The place of the directory entry of a name. */
const entryOf = (name: string): number => {
  const text = Buffer.from(bytes).toString('latin1')
  return text.lastIndexOf(name) - 46
}

describe('a zip file', () => {
  it('gives its names and files, stored or compressed', () => {
    expect(zip.names).toEqual(['a.txt', 'b/c'])
    expect(right(zip.read('a.txt'))).toEqual(content['a.txt'])
    expect(right(zip.read('b/c'))).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('says that a file is not in it', () => {
    expect(zip.read('x')).toMatchObject({ left: { _tag: 'NoSuchFile' } })
    expect(zip.read('__proto__')).toMatchObject({ left: { _tag: 'NoSuchFile' } })
  })

  it('refuses a size that its bytes cannot hold, and methods that it does not know', () => {
    const large = bytes.slice()
    new DataView(large.buffer).setUint32(entryOf('a.txt') + 24, 0xfffffff0, true)
    expect(right(openZip(large)).read('a.txt')).toMatchObject({ left: { _tag: 'TooLarge' } })
    const method = bytes.slice()
    new DataView(method.buffer).setUint16(entryOf('a.txt') + 10, 12, true)
    expect(right(openZip(method)).read('a.txt')).toMatchObject({
      left: { _tag: 'UnsupportedCompression', message: expect.stringContaining('method 12') as string },
    })
  })

  it('is refused when it is cut short, at every byte', () => {
    for (let length = 0; length < bytes.length; length++) {
      const cut = openZip(bytes.subarray(0, length))
      expect(cut).toMatchObject({ left: { _tag: 'InvalidZip' } })
    }
  })

  it('is refused at once when it claims more files than it has', () => {
    const many = bytes.slice()
    new DataView(many.buffer).setUint16(bytes.length - 22 + 8, 65535, true)
    expect(openZip(many)).toMatchObject({ left: { _tag: 'InvalidZip' } })
  })

  it('gives a value for any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const damaged = bytes.slice()
          for (const [at, value] of changes) damaged[at] = value
          const opened = openZip(damaged)
          if (E.isRight(opened))
            for (const name of opened.right.names) expect(['Left', 'Right']).toContain(opened.right.read(name)._tag)
        },
      ),
      { numRuns: 500 },
    )
  })
})
