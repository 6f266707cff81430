import { either as E, function as F } from 'fp-ts'
import { byteLength } from './dtype.ts'
import { failure, type SafetensorsError } from './error.ts'
import { parseHeader, type SafetensorsHeader, type TensorPlace } from './header.ts'
import { otherFormat } from './other-format.ts'
import type { TensorView } from './view.ts'

/** The format's limit for the header, in bytes. */
export const maximalHeaderLength = 100_000_000

/** A decoded file: the tensors in the order of the header, and the `__metadata__` strings. */
export type Safetensors = {
  readonly tensors: ReadonlyMap<string, TensorView>
  readonly metadata: ReadonlyMap<string, string>
}

const quoted = (name: string): string => `tensor ${JSON.stringify(name)}`

const headerLength = (bytes: Uint8Array, fileLength: number): E.Either<SafetensorsError, number> => {
  if (bytes.length < 8)
    return E.left(
      otherFormat(bytes) ??
        failure('TooShort', 'byte 0', `the file has ${bytes.length} bytes and needs at least 8`, 'fetch it again'),
    )
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  const other = length > BigInt(Math.min(maximalHeaderLength, fileLength - 8)) ? otherFormat(bytes) : undefined
  if (other !== undefined) return E.left(other)
  if (length > BigInt(maximalHeaderLength)) {
    return E.left(
      failure(
        'HeaderTooLarge',
        'byte 0',
        `the header claims ${length} bytes, the limit is ${maximalHeaderLength}`,
        'the file is damaged or not safetensors',
      ),
    )
  }
  if (length > BigInt(fileLength - 8)) {
    return E.left(
      failure(
        'HeaderOutOfBounds',
        'byte 0',
        `the header claims ${length} bytes, the file has ${fileLength - 8} after the length`,
        'the file is cut short or not safetensors: fetch it again',
      ),
    )
  }
  if (length > BigInt(bytes.length - 8)) {
    return E.left(
      failure(
        'HeaderOutOfBounds',
        'byte 0',
        `the header has ${length} bytes, ${bytes.length - 8} of them are given`,
        `give the first ${length + 8n} bytes of the file`,
      ),
    )
  }
  return E.right(Number(length))
}

const headerText = (bytes: Uint8Array): E.Either<SafetensorsError, string> =>
  E.tryCatch(
    () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    () => failure('InvalidUtf8', 'header', 'it is not UTF-8', 'the file is damaged or not safetensors'),
  )

const sizeFault = (name: string, { dtype, shape, start, end }: TensorPlace): SafetensorsError | undefined => {
  const expected = byteLength(dtype, shape)
  if (expected === end - start) return undefined
  const claim = `shape [${shape.join(', ')}] of ${dtype}`
  const need =
    expected === 'overflow'
      ? 'is larger than 2^53 bits'
      : expected === 'fraction'
        ? 'does not end at a whole byte'
        : `needs ${expected} bytes`
  return failure(
    'SizeMismatch',
    quoted(name),
    `${claim} ${need}, "data_offsets" gives ${end - start}`,
    'the file is damaged: fetch or write it again',
  )
}

/** The first place where the tensors do not cover the bytes from `data` to `fileLength` exactly once. */
const coverFault = (
  tensors: ReadonlyMap<string, TensorPlace>,
  data: number,
  fileLength: number,
): SafetensorsError | undefined => {
  const sorted = [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)
  let covered = data
  let previous: string | undefined
  for (const [name, { start, end }] of sorted) {
    if (end > fileLength)
      return failure(
        'OutOfBounds',
        quoted(name),
        `it ends at byte ${end - data} of the data, which has ${fileLength - data}`,
        'the file is cut short: fetch it again',
      )
    if (start < covered)
      return failure(
        'Overlap',
        quoted(name),
        `it starts at byte ${start - data} of the data, inside ${previous === undefined ? 'the header' : quoted(previous)}`,
        'each byte belongs to one tensor: write the file again',
      )
    if (start > covered)
      return failure(
        'Hole',
        quoted(name),
        `bytes ${covered - data} to ${start - data} of the data, before it, belong to no tensor`,
        'write the file without gaps',
      )
    covered = end
    previous = name
  }
  if (covered < fileLength)
    return failure(
      'Hole',
      `byte ${covered - data} of the data`,
      `the last ${fileLength - covered} bytes belong to no tensor`,
      'write the file without bytes after the tensors',
    )
  return undefined
}

const checked =
  (data: number, fileLength: number) =>
  (header: SafetensorsHeader): E.Either<SafetensorsError, SafetensorsHeader> => {
    for (const [name, place] of header.tensors) {
      const fault = sizeFault(name, place)
      if (fault !== undefined) return E.left(fault)
    }
    const fault = coverFault(header.tensors, data, fileLength)
    return fault === undefined ? E.right(header) : E.left(fault)
  }

/**
 * Decodes only the header, from the first bytes of a file: where each tensor is, so that a few can be read from a large
 * file, or by HTTP ranges. The header and its fit to the file are checked as in `decode`.
 *
 * @param bytes at least the first `8 + header length` bytes; the first 8 are the header's length (u64, little-endian)
 * @param fileLength the size of the whole file in bytes
 * @returns the place of each tensor and the metadata, or a `SafetensorsError`
 * @see The format description of huggingface/safetensors
 * @example
 * ```ts
 * import { decodeHeader, encode, tensorView } from '@resfn/safetensors'
 * import { either as E, function as F } from 'fp-ts'
 * import assert from 'node:assert/strict'
 * const file = encode({ tensors: [['w', tensorView('F32', [2], new Float32Array([1, 2]))] as const] })
 * const place = F.pipe(file, E.flatMap((bytes) => decodeHeader(bytes.subarray(0, -8), bytes.length)), E.map(({ tensors }) => tensors.get('w')))
 * assert.deepEqual(place, E.right({ dtype: 'F32', shape: [2], start: 64, end: 72 }))
 * ```
 */
export const decodeHeader = (bytes: Uint8Array, fileLength: number): E.Either<SafetensorsError, SafetensorsHeader> =>
  F.pipe(
    headerLength(bytes, fileLength),
    E.flatMap((length) =>
      F.pipe(
        headerText(bytes.subarray(8, 8 + length)),
        E.flatMap((text) => parseHeader(text, 8 + length)),
        E.flatMap(checked(8 + length, fileLength)),
      ),
    ),
  )

/**
 * Decodes a safetensors file: `u64 length | JSON header | data`. The tensors are views into `bytes`; nothing is copied.
 * Accepts what the reference implementation accepts, but refuses a name that occurs twice and a header that does not
 * start with `{` (both as the format description says), and a shape of more than 64 sizes.
 *
 * @param bytes - the whole file
 * @returns the tensors by name and the metadata, or a `SafetensorsError` (never an exception, for any bytes)
 * @see The format description of huggingface/safetensors
 * @example
 * ```ts
 * import { decode, encode, tensorView } from '@resfn/safetensors'
 * import { either as E, function as F } from 'fp-ts'
 * import assert from 'node:assert/strict'
 * const file = encode({ tensors: [['w', tensorView('F32', [2], new Float32Array([1, 2]))] as const] })
 * const names = F.pipe(file, E.flatMap(decode), E.map(({ tensors }) => [...tensors.keys()]))
 * assert.deepEqual(names, E.right(['w']))
 * ```
 */
export const decode = (bytes: Uint8Array): E.Either<SafetensorsError, Safetensors> =>
  F.pipe(
    decodeHeader(bytes, bytes.length),
    E.map(({ tensors, metadata }) => {
      const views = new Map<string, TensorView>()
      for (const [name, { dtype, shape, start, end }] of tensors)
        views.set(name, { dtype, shape, data: bytes.subarray(start, end) })
      return { tensors: views, metadata }
    }),
  )
