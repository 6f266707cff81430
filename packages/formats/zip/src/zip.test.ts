import fc from 'fast-check'
import { Inflate, zipSync } from 'fflate'
import { either as E } from 'fp-ts'
import { describe, expect, it, vi } from 'vitest'
import { bufferedFile, fileOf, openZip, type Zip, type ZipError } from './index.ts'

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}
const content = {
  'a.txt': new Uint8Array(5000).fill(7),
  'b/c': [new Uint8Array([1, 2, 3]), { level: 0 as const }],
} as const
const bytes = zipSync(content as never)
const opened = (whole: Uint8Array): Promise<E.Either<ZipError, Zip>> => openZip(fileOf(whole))()
const zip: Zip = right(await opened(bytes))
/** The place of the directory entry of a name. */
const entryOf = (name: string): number => {
  const text = Buffer.from(bytes).toString('latin1')
  return text.lastIndexOf(name) - 46
}

describe('a zip file', () => {
  it('gives its names and files, stored or compressed', async () => {
    expect(zip.names).toEqual(['a.txt', 'b/c'])
    expect(right(await zip.read('a.txt')())).toEqual(content['a.txt'])
    expect(right(await zip.read('b/c')())).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('says that a file is not in it', async () => {
    expect(await zip.read('x')()).toMatchObject({ left: { _tag: 'NoSuchFile' } })
    expect(await zip.read('__proto__')()).toMatchObject({ left: { _tag: 'NoSuchFile' } })
  })

  it('refuses a size that its bytes cannot hold, and methods that it does not know', async () => {
    const large = bytes.slice()
    new DataView(large.buffer).setUint32(entryOf('a.txt') + 24, 0xfffffff0, true)
    expect(await right(await opened(large)).read('a.txt')()).toMatchObject({ left: { _tag: 'TooLarge' } })
    const method = bytes.slice()
    new DataView(method.buffer).setUint16(entryOf('a.txt') + 10, 12, true)
    expect(await right(await opened(method)).read('a.txt')()).toMatchObject({
      left: { _tag: 'UnsupportedCompression', message: expect.stringContaining('method 12') as string },
    })
  })

  it('is refused when it is cut short, at every byte', async () => {
    for (let length = 0; length < bytes.length; length++) {
      const cut = await opened(bytes.subarray(0, length))
      expect(cut).toMatchObject({ left: { _tag: 'InvalidZip' } })
    }
  })

  it('is refused at once when it claims more files than it has', async () => {
    const many = bytes.slice()
    new DataView(many.buffer).setUint16(bytes.length - 22 + 8, 65535, true)
    expect(await opened(many)).toMatchObject({ left: { _tag: 'InvalidZip' } })
  })

  it('gives a value for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const damaged = bytes.slice()
          for (const [at, value] of changes) damaged[at] = value
          const found = await opened(damaged)
          if (E.isRight(found))
            for (const name of found.right.names)
              expect(['Left', 'Right']).toContain((await found.right.read(name)())._tag)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('gives a part of a file, stored or compressed', async () => {
    const counted = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251)
    const both = right(await opened(zipSync({ deflated: counted, stored: [counted, { level: 0 }] })))
    for (const name of both.names) {
      expect(both.size(name)).toBe(counted.length)
      expect(right(await both.read(name, { start: 70_000, end: 70_010 })())).toEqual(counted.slice(70_000, 70_010))
      expect(right(await both.read(name, { start: 99_999 })())).toEqual(counted.slice(99_999))
      expect(right(await both.read(name, { start: 5, end: 5 })())).toEqual(new Uint8Array())
    }
  })
})

describe('a zip file that is hostile', () => {
  const megabytes = new Uint8Array(12 * 2 ** 20)
  const bomb = zipSync({ bomb: megabytes })
  const changed = (at: number, value: number): Uint8Array => {
    const other = bomb.slice()
    new DataView(other.buffer).setUint32(at, value, true)
    return other
  }
  const entry = Buffer.from(bomb).lastIndexOf('bomb') - 46

  it('is refused where a file is larger than it claims', async () => {
    const lying = right(await opened(changed(entry + 24, 10)))
    expect(await lying.read('bomb')()).toMatchObject({ left: { _tag: 'TooLarge' } })
  })

  it('is refused where a file is smaller than it claims', async () => {
    const lying = right(await opened(changed(entry + 24, megabytes.length + 10)))
    expect(await lying.read('bomb')()).toMatchObject({ left: { _tag: 'InvalidZip' } })
  })

  it('gives the beginning of a bomb without the rest', async () => {
    const push = vi.spyOn(Inflate.prototype, 'push')
    expect(right(await right(await opened(bomb)).read('bomb', { end: 10 })())).toEqual(new Uint8Array(10))
    const pushed = push.mock.calls.reduce((sum, [part]) => sum + part.length, 0)
    push.mockRestore()
    expect(pushed).toBeGreaterThan(0)
    expect(pushed).toBeLessThan(bomb.length / 2)
  })

  it('is refused where two files share bytes or a name', async () => {
    const two = zipSync({ one: [new Uint8Array(100), { level: 0 }], two: [new Uint8Array(100), { level: 0 }] })
    const directory = new DataView(two.buffer).getUint32(two.length - 6, true)
    const second = Buffer.from(two).lastIndexOf('two') - 46
    const overlapping = two.slice()
    new DataView(overlapping.buffer).setUint32(second + 42, 50, true)
    expect(await opened(overlapping)).toMatchObject({
      left: { _tag: 'InvalidZip', message: expect.stringContaining('shares bytes') as string },
    })
    const twice = two.slice()
    twice.set(Buffer.from('one'), second + 46)
    expect(directory).toBeLessThan(second)
    expect(await opened(twice)).toMatchObject({
      left: { _tag: 'InvalidZip', message: expect.stringContaining('twice') as string },
    })
  })

  it('is refused where a file is encrypted', async () => {
    expect(await right(await opened(changed(entry + 8, 0x0008_0001))).read('bomb')()).toMatchObject({
      left: { _tag: 'UnsupportedCompression' },
    })
  })

  it('is refused where its directory is larger than any', async () => {
    const large = { length: 2 ** 40, read: (start: number, end: number) => fileOf(bomb).read(0, end - start) }
    const tail = new Uint8Array(22)
    new DataView(tail.buffer).setUint32(0, 0x06054b50, true)
    const read = (start: number, end: number) =>
      fileOf(new Uint8Array([...new Uint8Array(end - start - 22), ...tail])).read(0, end - start)
    expect(await openZip({ ...large, read })()).toMatchObject({ left: { _tag: 'TooLarge' } })
  })
})

describe('a file that is read in parts', () => {
  it('reads what lies beside each other at once, and more than a part in one', async () => {
    const bytes = Uint8Array.from({ length: 3 * 2 ** 20 }, (_, i) => i % 253)
    const reads: string[] = []
    const file = bufferedFile(bytes.length, (into, start) => async () => {
      reads.push(`${start}+${into.length}`)
      into.set(bytes.subarray(start, start + into.length))
      return E.right(undefined)
    })
    for (const [start, end] of [
      [100, 110],
      [200, 300],
      [2 ** 20 + 60, 2 ** 20 + 70],
      [0, 2 ** 21 + 5],
      [bytes.length - 1, bytes.length],
    ] as const)
      // vitest compares typed arrays element by element, which takes seconds.
      expect(Buffer.compare(right(await file.read(start, end)()), bytes.subarray(start, end))).toBe(0)
    expect(reads).toEqual([`64+${2 ** 20}`, `${2 ** 20}+${2 ** 20}`, `0+${2 ** 21 + 5}`, `${bytes.length - 64}+64`])
  })
})
