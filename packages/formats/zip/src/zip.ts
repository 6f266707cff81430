import { unzipSync, type UnzipFileInfo } from 'fflate'
import { either as E } from 'fp-ts'

/** What can be wrong with a zip file. */
export type ZipError = {
  /**
   * - `InvalidZip`: the bytes are not a whole zip file.
   * - `UnsupportedCompression`: a file in it is compressed otherwise than by deflate.
   * - `TooLarge`: a file in it claims to be larger than its bytes can hold, or than the limit.
   * - `NoSuchFile`: there is no file of that name in it.
   */
  readonly _tag: 'InvalidZip' | 'UnsupportedCompression' | 'TooLarge' | 'NoSuchFile'
  /** One sentence: where, what is wrong, and how to fix it. */
  readonly message: string
}

/** A zip file whose files are read one by one. */
export type Zip = {
  /** the names of the files in it */
  readonly names: readonly string[]
  /** the bytes of a file: a copy, decompressed if need be */
  readonly read: (name: string) => E.Either<ZipError, Uint8Array>
}

const failure = (tag: ZipError['_tag'], where: string, what: string, remedy: string): ZipError => ({
  _tag: tag,
  message: `${where}: ${what}; ${remedy}`,
})

const invalid = failure(
  'InvalidZip',
  'the zip file',
  'its directory cannot be read',
  'it is cut short or damaged: fetch it again',
)

/** How the records of a zip file begin, as little-endian numbers. */
const [endRecord, endRecord64, endLocator64, entryRecord] = [0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50]

/** The longest comment of a zip file, and the record before it. */
const longestEnd = 65535 + 22

/**
 * Whether the directory is as long as it says, each entry in its place. A reader that trusts the number of files would
 * go on for minutes.
 */
const hasDirectory = (bytes: Uint8Array): boolean => {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const uint16 = (at: number): number => data.getUint16(at, true)
  const uint32 = (at: number): number => (at >= 0 && at + 4 <= bytes.length ? data.getUint32(at, true) : 0)
  let end = bytes.length - 22
  while (end > 0 && bytes.length - end < longestEnd && uint32(end) !== endRecord) end--
  if (end < 0 || uint32(end) !== endRecord) return false
  let [count, at] = [uint16(end + 8), uint32(end + 16)]
  const record = uint32(end - 20) === endLocator64 ? uint32(end - 12) : end
  if (uint32(record) === endRecord64) [count, at] = [uint32(record + 32), uint32(record + 48)]
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || uint32(at) !== entryRecord) return false
    at += 46 + uint16(at + 28) + uint16(at + 30) + uint16(at + 32)
  }
  return at <= end
}

/** Deflate makes at most 1032 bytes of one; a few more for the ends. */
const mostOfOne = 1032
const slack = 1024

const faultOf = ({ name, compression, size, originalSize }: UnzipFileInfo): ZipError | undefined => {
  const where = `${JSON.stringify(name)} in the zip file`
  if (compression !== 0 && compression !== 8)
    return failure(
      'UnsupportedCompression',
      where,
      `it is compressed by method ${compression}`,
      'compress it with deflate, or not at all',
    )
  const most = compression === 0 ? size : size * mostOfOne + slack
  return originalSize > most
    ? failure(
        'TooLarge',
        where,
        `it claims ${originalSize} bytes, and ${size} cannot hold them`,
        'the file is damaged or hostile',
      )
    : undefined
}

/**
 * Opens a zip file: the names of its files, each to be read when it is asked for. A size that the bytes cannot hold is
 * refused before memory is taken.
 *
 * @param bytes the whole file
 * @returns the zip file, or a `ZipError` (never an exception, for any bytes)
 * @see PKWARE, "APPNOTE.TXT: .ZIP file format specification"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { openZip } from '@resfn/zip'
 * import { either as E, function as F } from 'fp-ts'
 * import { zipSync } from 'fflate'
 *
 * const zip = openZip(zipSync({ 'a.txt': new Uint8Array([1, 2, 3]) }))
 * assert.deepEqual(F.pipe(zip, E.flatMap(({ read }) => read('a.txt'))), E.right(new Uint8Array([1, 2, 3])))
 * ```
 */
export const openZip = (bytes: Uint8Array): E.Either<ZipError, Zip> => {
  if (!hasDirectory(bytes)) return E.left(invalid)
  const infos = new Map<string, UnzipFileInfo>()
  const listed = E.tryCatch(
    () => unzipSync(bytes, { filter: (info) => (infos.set(info.name, info), false) }),
    () => invalid,
  )
  if (E.isLeft(listed)) return listed
  return E.right({
    names: [...infos.keys()],
    read: (name) => {
      const info = infos.get(name)
      if (info === undefined)
        return E.left(
          failure('NoSuchFile', 'the zip file', `it has no file ${JSON.stringify(name)}`, 'is it of another program?'),
        )
      const fault = faultOf(info)
      if (fault !== undefined) return E.left(fault)
      const damaged = failure(
        'InvalidZip',
        `${JSON.stringify(name)} in the zip file`,
        'its bytes cannot be read',
        'the file is cut short or damaged: fetch it again',
      )
      return E.flatMap((files: { readonly [path: string]: Uint8Array }) => {
        const data = files[name]
        return data !== undefined && data.length === info.originalSize ? E.right(data) : E.left(damaged)
      })(
        E.tryCatch(
          () => unzipSync(bytes, { filter: ({ name: other }) => other === name }),
          () => damaged,
        ),
      )
    },
  })
}
