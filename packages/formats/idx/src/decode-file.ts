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
 * Decompresses only as far as the header says the file goes: a small file that swells without end is noticed, not held.
 * One byte beyond is kept, so that `decode` reports the trailing bytes.
 */
const inflate = async (bytes: Uint8Array): Promise<Uint8Array> => {
  // A Blob hands its bytes over as they are wanted; the copy makes sure that they are not shared memory.
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
    }
    if (length > (end ?? longestHeader)) {
      await reader.cancel()
      break
    }
  }
  return joined(chunks, length)
}

/**
 * Decodes an IDX file that may be compressed with gzip (told by its first two bytes, not by a name).
 * Uses the platform's `DecompressionStream`, so it runs in Node and the browser.
 *
 * @param bytes the whole file, as it is or compressed
 * @returns a task of type, shape and data, or of an `IdxError`
 *
 * Source: RFC 1952 (gzip).
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
export const decodeFile = (bytes: Uint8Array): TE.TaskEither<IdxError, Idx> =>
  bytes[0] === 0x1f && bytes[1] === 0x8b
    ? async () => {
        try {
          return decode(await inflate(bytes))
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          return E.left(
            failure('InvalidGzip', 0, `the gzip data is damaged or cut short (${reason})`, 'fetch it again'),
          )
        }
      }
    : async () => decode(bytes)
