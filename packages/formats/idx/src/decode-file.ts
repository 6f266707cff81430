import { either as E, type taskEither as TE } from 'fp-ts'
import { decode } from './decode.ts'
import { readHeader } from './header.ts'
import { failure, type Idx, type IdxError } from './idx.ts'

const joined = (chunks: readonly Uint8Array[], length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** The longest header: 4 bytes and 255 sizes. */
const longestHeader = 4 + 4 * 255

/**
 * Decompresses only as far as the header says that the file goes, and nothing if that is more than is allowed: a small
 * file can hold gigabytes of zeros. One chunk beyond the end is kept, so that `decode` reports the trailing bytes.
 */
const inflate = async (bytes: Uint8Array, maximalBytes: number): Promise<E.Either<IdxError, Uint8Array>> => {
  // A Blob hands its bytes over as they are wanted; a copy, because it does not accept shared memory.
  const body = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'))
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  let end: number | undefined
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    length += value.length
    if (end === undefined && length >= 4) {
      const header = readHeader(joined(chunks, length).subarray(0, longestHeader))
      if (E.isRight(header)) end = header.right.end
      if (end !== undefined && end > maximalBytes) {
        await reader.cancel()
        return E.left(
          failure(
            'TooLarge',
            4,
            `the decompressed file has ${end} bytes by its header, at most ${maximalBytes} are allowed`,
            'if you trust the file, decompress it first, or raise `maximalBytes`',
          ),
        )
      }
    }
    if (length > (end ?? longestHeader)) {
      await reader.cancel()
      break
    }
  }
  return E.right(joined(chunks, length))
}

/**
 * Decodes an IDX file that may be compressed with gzip (told by its first two bytes, not by a name).
 * Uses the platform's `DecompressionStream`, so it runs in Node and the browser.
 *
 * @param bytes the whole file, as it is or compressed
 * @param options `maximalBytes` of a compressed file after decompression; by default 1 GiB
 * @returns a task of type, shape and data, or of an `IdxError`
 * @see RFC 1952 (gzip)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { gzipSync } from 'node:zlib'
 * import { decodeFile } from '@resfn/idx'
 * import { either as E } from 'fp-ts'
 *
 * const file = gzipSync(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 7]))
 * assert.deepEqual(await decodeFile(file)(), E.right({ type: 'uint8', shape: [1], data: new Uint8Array([7]) }))
 * ```
 */
export const decodeFile = (
  bytes: Uint8Array,
  { maximalBytes = 2 ** 30 }: { readonly maximalBytes?: number } = {},
): TE.TaskEither<IdxError, Idx> =>
  bytes[0] === 0x1f && bytes[1] === 0x8b
    ? async () => {
        try {
          return E.flatMap(decode)(await inflate(bytes, maximalBytes))
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          return E.left(
            failure('InvalidGzip', 0, `the gzip data is damaged or cut short (${reason})`, 'fetch it again'),
          )
        }
      }
    : async () => decode(bytes)
