import { either as E, function as F, taskEither as TE } from 'fp-ts'
import { directoryPlace, entriesOf, type Entry, headerLength, invalid, longestEnd, type Place } from './directory.ts'
import { failure, inZip, type ZipError } from './error.ts'
import { inflated } from './inflate.ts'
import type { SourceFile } from './source-file.ts'

/** A zip file whose files are read one by one. */
export type Zip<E = never> = {
  /** the names of the files in it */
  readonly names: readonly string[]
  /** the bytes that a file claims to have; nothing if there is none of that name */
  readonly size: (name: string) => number | undefined
  /**
   * The bytes of a file from `start` up to `end`, by default all; decompressed if need be. They are to be used before
   * the next read.
   */
  readonly read: (
    name: string,
    part?: { readonly start?: number; readonly end?: number },
  ) => TE.TaskEither<ZipError | E, Uint8Array>
}

/** Deflate makes at most 1032 bytes of one; a few more for the ends. */
const mostOfOne = 1032
const slack = 1024

/** A directory of a million files. */
const longestDirectory = 2 ** 26

const faultOf = ({ name, isEncrypted, compression, stored, size }: Entry): ZipError | undefined => {
  const where = inZip(name)
  if (isEncrypted || (compression !== 0 && compression !== 8))
    return failure(
      'UnsupportedCompression',
      where,
      isEncrypted ? 'it is encrypted' : `it is compressed by method ${compression}`,
      'compress it with deflate, or not at all',
    )
  const most = compression === 0 ? stored : stored * mostOfOne + slack
  return size > most
    ? failure(
        'TooLarge',
        where,
        `it claims ${size} bytes, and ${stored} cannot hold them`,
        'the file is damaged or hostile',
      )
    : undefined
}

const damaged = (name: string): ZipError =>
  failure('InvalidZip', inZip(name), 'its bytes cannot be read', 'the file is cut short or damaged: fetch it again')

const longer = ({ name, size }: Entry): ZipError =>
  failure('TooLarge', inZip(name), `it is larger than the ${size} bytes that it claims`, 'the file is hostile')

/** The bytes from `start` up to `end`, where the file has them. */
const readWithin = <X>(
  { length, read }: SourceFile<X>,
  [start, end]: readonly [number, number],
  fault: ZipError,
): TE.TaskEither<ZipError | X, Uint8Array> =>
  start >= 0 && start <= end && end <= length ? read(start, end) : TE.left(fault)

/** The place of the data of a file, behind its header. */
const dataOf = <X>(file: SourceFile<X>, { name, at }: Entry): TE.TaskEither<ZipError | X, number> =>
  F.pipe(
    readWithin(file, [at, at + headerLength], damaged(name)),
    TE.flatMapEither((header): E.Either<ZipError, number> => {
      const data = new DataView(header.buffer, header.byteOffset, header.byteLength)
      return data.getUint32(0, true) === 0x04034b50
        ? E.right(at + headerLength + data.getUint16(26, true) + data.getUint16(28, true))
        : E.left(damaged(name))
    }),
  )

const readEntry = <X>(
  file: SourceFile<X>,
  entry: Entry,
  { start, end }: { readonly start: number; readonly end: number },
): TE.TaskEither<ZipError | X, Uint8Array> => {
  const { name, compression, stored, size } = entry
  return F.pipe(
    dataOf(file, entry),
    TE.flatMap((data) =>
      compression === 0
        ? readWithin(file, [data + start, data + end], damaged(name))
        : F.pipe(
            readWithin(file, [data, data + stored], damaged(name)),
            TE.flatMapEither((bytes) =>
              F.pipe(
                inflated(bytes, { start, end, size }),
                E.mapLeft((fault) => (fault === 'longer' ? longer(entry) : damaged(name))),
              ),
            ),
          ),
    ),
  )
}

const directory = <X>(file: SourceFile<X>): TE.TaskEither<ZipError | X, ReadonlyMap<string, Entry>> => {
  const tail = Math.max(0, file.length - longestEnd)
  return F.pipe(
    readWithin(file, [tail, file.length], invalid),
    TE.flatMapEither((bytes) => directoryPlace(bytes, tail)),
    TE.filterOrElse(
      ({ start, end }) => end - start <= longestDirectory,
      ({ start, end }): ZipError | X =>
        failure(
          'TooLarge',
          'the zip file',
          `its directory has ${end - start} bytes, and at most ${longestDirectory} are read`,
          'it holds too many files',
        ),
    ),
    TE.flatMap((place: Place) =>
      F.pipe(
        readWithin(file, [place.start, place.end], invalid),
        TE.flatMapEither((bytes) => entriesOf(bytes, place)),
      ),
    ),
  )
}

/**
 * Opens a zip file: the names of its files, each to be read when it is asked for. Only the directory is read now. A
 * size that the bytes cannot hold is refused before memory is taken, and so are files that share bytes or a name.
 *
 * @param file the file, such as `fileOf(bytes)`
 * @returns the zip file, or a `ZipError` (never an exception, for any bytes)
 * @see PKWARE, "APPNOTE.TXT: .ZIP file format specification"
 * @see D. Fifield, "A better zip bomb", WOOT 2019
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fileOf, openZip } from '@resfn/zip'
 * import { either as E, function as F, taskEither as TE } from 'fp-ts'
 * import { zipSync } from 'fflate'
 *
 * const zip = openZip(fileOf(zipSync({ 'a.txt': new Uint8Array([1, 2, 3]) })))
 * assert.deepEqual(await F.pipe(zip, TE.flatMap(({ read }) => read('a.txt')))(), E.right(new Uint8Array([1, 2, 3])))
 * ```
 */
export const openZip = <X>(file: SourceFile<X>): TE.TaskEither<ZipError | X, Zip<X>> =>
  F.pipe(
    directory(file),
    TE.map((entries) => ({
      names: [...entries.keys()],
      size: (name) => entries.get(name)?.size,
      read: (name, { start = 0, end } = {}) => {
        const entry = entries.get(name)
        if (entry === undefined)
          return TE.left(
            failure(
              'NoSuchFile',
              'the zip file',
              `it has no file ${JSON.stringify(name.slice(0, 200))}`,
              'is it of another program?',
            ),
          )
        const fault = faultOf(entry)
        const last = Math.min(entry.size, end ?? entry.size)
        return fault === undefined
          ? readEntry(file, entry, { start: Math.min(start, last), end: last })
          : TE.left(fault)
      },
    })),
  )
