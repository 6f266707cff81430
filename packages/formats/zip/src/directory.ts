import { strFromU8 } from 'fflate'
import { either as E } from 'fp-ts'
import { failure, inZip, type ZipError } from './error.ts'

/** What the directory says of a file in a zip file. */
export type Entry = {
  readonly name: string
  readonly isEncrypted: boolean
  readonly compression: number
  /** bytes in the zip file */
  readonly stored: number
  /** bytes of the file itself */
  readonly size: number
  /** where its header begins */
  readonly at: number
}

export const invalid: ZipError = failure(
  'InvalidZip',
  'the zip file',
  'its directory cannot be read',
  'it is cut short or damaged: fetch it again',
)

/** How the records of a zip file begin, as little-endian numbers. */
const [endRecord, endRecord64, endLocator64, entryRecord] = [0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50]

/** The longest comment of a zip file, the records before it, and what a record of 64 bits may have beside. */
export const longestEnd: number = 65535 + 22 + 20 + 56 + 1024

/** The bytes of a header before its name. */
export const headerLength = 30

/** Where the directory begins and ends, and how many entries it claims. */
export type Place = { readonly start: number; readonly end: number; readonly count: number }

/**
 * The place of the directory.
 *
 * @param tail the last bytes of the file
 * @param offset where in the file they begin
 */
export const directoryPlace = (tail: Uint8Array, offset: number): E.Either<ZipError, Place> => {
  const data = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  const uint16 = (at: number): number => data.getUint16(at, true)
  const uint32 = (at: number): number => (at >= 0 && at + 4 <= tail.length ? data.getUint32(at, true) : 0)
  const uint64 = (at: number): number => Number(data.getBigUint64(at, true))
  let end = tail.length - 22
  while (end > 0 && uint32(end) !== endRecord) end--
  if (end < 0 || uint32(end) !== endRecord) return E.left(invalid)
  const plain = { start: uint32(end + 16), end: offset + end, count: uint16(end + 8) }
  if (uint32(end - 20) !== endLocator64) return E.right(plain)
  const record = uint64(end - 12) - offset
  if (record < 0 || record + 56 > end || uint32(record) !== endRecord64) return E.left(invalid)
  return E.right({ start: uint64(record + 48), end: offset + record, count: uint64(record + 32) })
}

const needs64 = 0xffffffff

/** The sizes and the place of an entry; those that 32 bits do not hold are in a field of 64. */
const numbersOf = (
  data: DataView,
  at: number,
  extra: { readonly start: number; readonly end: number },
): readonly number[] => {
  let wide = extra.end
  let wideEnd = extra.end
  for (let field = extra.start; field + 4 <= extra.end; field += 4 + data.getUint16(field + 2, true))
    if (data.getUint16(field, true) === 1) {
      wide = field + 4
      wideEnd = Math.min(extra.end, wide + data.getUint16(field + 2, true))
    }
  return [at + 24, at + 20, at + 42].map((place) => {
    const number = data.getUint32(place, true)
    if (number !== needs64 || wide + 8 > wideEnd) return number
    wide += 8
    return Number(data.getBigUint64(wide - 8, true))
  })
}

/** The first file that begins before the one before it ends: a small zip file could hold gigabytes so. */
const overlap = (entries: readonly Entry[], start: number): Entry | undefined => {
  const sorted = entries.toSorted((a, b) => a.at - b.at)
  return sorted.find(({ at, stored }, i) => at + headerLength + stored > (sorted[i + 1]?.at ?? start))
}

const entryAt = (bytes: Uint8Array, data: DataView, at: number): Entry & { readonly next: number } => {
  const [name, extra, comment] = [28, 30, 32].map((field) => data.getUint16(at + field, true)) as [
    number,
    number,
    number,
  ]
  const names = at + 46
  const next = names + name + extra + comment
  const flags = data.getUint16(at + 8, true)
  const end = Math.min(bytes.length, names + name + extra)
  const [size, stored, place] = numbersOf(data, at, { start: names + name, end }) as [number, number, number]
  return {
    name: strFromU8(bytes.subarray(names, names + name), (flags & 2048) === 0),
    isEncrypted: (flags & 1) === 1,
    compression: data.getUint16(at + 10, true),
    stored,
    size,
    at: place,
    next,
  }
}

/**
 * The files of a directory, each once and each with bytes of its own.
 *
 * @param bytes the directory
 * @param place where it is in the file
 */
export const entriesOf = (
  bytes: Uint8Array,
  { start, count }: Place,
): E.Either<ZipError, ReadonlyMap<string, Entry>> => {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries = new Map<string, Entry>()
  const again = (name: string, what: string): E.Either<ZipError, never> =>
    E.left(failure('InvalidZip', inZip(name), what, 'the file is damaged or hostile'))
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || data.getUint32(at, true) !== entryRecord) return E.left(invalid)
    const { next, ...entry } = entryAt(bytes, data, at)
    if (next > bytes.length) return E.left(invalid)
    if (entries.has(entry.name)) return again(entry.name, 'it is there twice')
    entries.set(entry.name, entry)
    at = next
  }
  const shared = overlap([...entries.values()], start)
  return shared === undefined ? E.right(entries) : again(shared.name, 'it shares bytes with another file')
}
