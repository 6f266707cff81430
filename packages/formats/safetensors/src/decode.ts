import { either as E, function as F } from 'fp-ts'
import { byteLength, type Dtype } from './dtype.ts'
import { failure, type SafetensorsError } from './error.ts'
import { type Entry, type Header, parseHeader } from './header.ts'
import type { TensorView } from './view.ts'

/** The format's limit for the header, in bytes. */
export const maximalHeaderLength = 100_000_000

/** Where one tensor is: `start` to `end` are bytes of the file. */
export type TensorPlace = {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

/** What the header of a file says. */
export type SafetensorsHeader = {
  readonly tensors: ReadonlyMap<string, TensorPlace>
  readonly metadata: ReadonlyMap<string, string>
}

/** A decoded file: the tensors in the order of the header, and the `__metadata__` strings. */
export type Safetensors = {
  readonly tensors: ReadonlyMap<string, TensorView>
  readonly metadata: ReadonlyMap<string, string>
}

const quoted = (name: string): string => `tensor ${JSON.stringify(name)}`

const headerLength = (bytes: Uint8Array, fileLength: number): E.Either<SafetensorsError, number> => {
  if (bytes.length < 8)
    return E.left(
      failure('TooShort', 'byte 0', `the file has ${bytes.length} bytes and needs at least 8`, 'fetch it again'),
    )
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
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

const sizeFault = ({ name, dtype, shape, offsets: [begin, end] }: Entry): SafetensorsError | undefined => {
  const expected = byteLength(dtype, shape)
  if (expected === end - begin) return undefined
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
    `${claim} ${need}, "data_offsets" gives ${end - begin}`,
    'the file is damaged: fetch or write it again',
  )
}

/** The first place where the entries, by offset, do not cover `0 … length` exactly once. */
const coverFault = (entries: readonly Entry[], length: number): SafetensorsError | undefined => {
  const sorted = [...entries].sort((a, b) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1])
  let covered = 0
  let previous = 'the header'
  for (const {
    name,
    offsets: [begin, end],
  } of sorted) {
    if (end > length)
      return failure(
        'OutOfBounds',
        quoted(name),
        `it ends at byte ${end} of the data, which has ${length}`,
        'the file is cut short: fetch it again',
      )
    if (begin < covered)
      return failure(
        'Overlap',
        quoted(name),
        `it starts at byte ${begin} of the data, inside ${previous}`,
        'each byte belongs to one tensor: write the file again',
      )
    if (begin > covered)
      return failure(
        'Hole',
        quoted(name),
        `bytes ${covered} to ${begin} of the data, before it, belong to no tensor`,
        'write the file without gaps',
      )
    covered = end
    previous = quoted(name)
  }
  if (covered < length)
    return failure(
      'Hole',
      `byte ${covered} of the data`,
      `the last ${length - covered} bytes belong to no tensor`,
      'write the file without bytes after the tensors',
    )
  return undefined
}

const places = (header: Header, start: number, fileLength: number): E.Either<SafetensorsError, SafetensorsHeader> => {
  for (const entry of header.entries) {
    const fault = sizeFault(entry)
    if (fault !== undefined) return E.left(fault)
  }
  const fault = coverFault(header.entries, fileLength - start)
  if (fault !== undefined) return E.left(fault)
  const tensors = header.entries.map(({ name, dtype, shape, offsets: [begin, end] }): [string, TensorPlace] => [
    name,
    { dtype, shape, start: start + begin, end: start + end },
  ])
  return E.right({ tensors: new Map(tensors), metadata: header.metadata })
}

/**
 * Decodes only the header, from the first bytes of a file: where each tensor is, so that a few can be read from a large file,
 * or by HTTP ranges. The header and its fit to the file are checked as in `decode`.
 *
 * @param bytes at least the first `8 + header length` bytes; the first 8 are the header's length (u64, little-endian)
 * @param fileLength the size of the whole file in bytes
 * @returns the place of each tensor and the metadata, or a `SafetensorsError`
 *
 * Source: the format description of huggingface/safetensors.
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
        E.flatMap(parseHeader),
        E.flatMap((header) => places(header, 8 + length, fileLength)),
      ),
    ),
  )

/**
 * Decodes a safetensors file: `u64 length | JSON header | data`. The tensors are views into `bytes`; nothing is copied.
 * Accepts what the reference implementation accepts, except that a name must not occur twice, that the header starts with `{`
 * (both as the format description says), and that a shape has at most 64 sizes.
 *
 * @param bytes - the whole file
 * @returns the tensors by name and the metadata, or a `SafetensorsError` (never an exception, for any bytes)
 *
 * Source: the format description of huggingface/safetensors.
 *
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
      const views = [...tensors].map(([name, { dtype, shape, start, end }]): [string, TensorView] => [
        name,
        { dtype, shape, data: bytes.subarray(start, end) },
      ])
      return { tensors: new Map(views), metadata }
    }),
  )
