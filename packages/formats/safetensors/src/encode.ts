import { either as E } from 'fp-ts'
import { maximalHeaderLength } from './decode.ts'
import { byteLength, dtypes, isDtype } from './dtype.ts'
import { failure, type SafetensorsError } from './error.ts'
import { metadataKey } from './header.ts'
import { wellFormed } from './json.ts'
import type { TensorView } from './view.ts'

/** What `encode` takes: pairs, so a `Map` or `Object.entries(record)`; the result of `decode` as it is. */
export type EncodeInput = {
  readonly tensors: Iterable<readonly [string, TensorView]>
  readonly metadata?: Iterable<readonly [string, string]>
}

/** By code point, as UTF-8 bytes compare (plain `<` compares UTF-16 units, which differs beyond U+FFFF). */
const byCodePoint = (a: string, b: string): number => {
  const [left, right] = [[...a], [...b]]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

const nameFault = (names: readonly string[], kind: string): SafetensorsError | undefined => {
  const seen = new Set<string>()
  for (const name of names) {
    const where = `${kind} ${JSON.stringify(name)}`
    if (!wellFormed(name))
      return failure('InvalidUtf8', where, 'the name has half a surrogate pair', 'use a name that UTF-8 can hold')
    if (seen.has(name)) return failure('DuplicateName', where, 'the name occurs twice', 'give each its own name')
    seen.add(name)
  }
  return undefined
}

const tensorFault = ([name, { dtype, shape, data }]: readonly [string, TensorView]): SafetensorsError | undefined => {
  const where = `tensor ${JSON.stringify(name)}`
  if (name === metadataKey)
    return failure('InvalidField', where, 'the name is reserved for the metadata', 'use another name')
  if (!isDtype(dtype))
    return failure(
      'UnknownDtype',
      where,
      `dtype ${JSON.stringify(dtype)} is not in the format`,
      'see `dtypes` for the names',
    )
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    return failure(
      'InvalidField',
      where,
      `shape is [${shape.join(', ')}]`,
      'sizes are whole numbers from 0 to 2^53 - 1',
    )
  }
  const expected = byteLength(dtype, shape)
  if (expected === data.length) return undefined
  const need =
    expected === 'overflow'
      ? 'is larger than 2^53 bits'
      : expected === 'fraction'
        ? 'does not end at a whole byte'
        : `needs ${expected} bytes`
  return failure(
    'SizeMismatch',
    where,
    `shape [${shape.join(', ')}] of ${dtype} ${need}, the data has ${data.length}`,
    'make shape and data agree',
  )
}

const metadataFault = (metadata: readonly (readonly [string, string])[]): SafetensorsError | undefined => {
  const bad = metadata.find(([, value]) => typeof value !== 'string' || !wellFormed(value))
  return bad === undefined
    ? undefined
    : failure(
        'InvalidField',
        `metadata ${JSON.stringify(bad[0])}`,
        'the value is not a string that UTF-8 can hold',
        'metadata holds strings: JSON.stringify it',
      )
}

/** Largest alignment first, then by name: the order of the reference implementation. */
const layout = (tensors: readonly (readonly [string, TensorView])[]): readonly (readonly [string, TensorView])[] =>
  [...tensors].sort(
    ([a, left], [b, right]) => dtypes.indexOf(right.dtype) - dtypes.indexOf(left.dtype) || byCodePoint(a, b),
  )

const headerBytes = (
  tensors: readonly (readonly [string, TensorView])[],
  metadata: readonly (readonly [string, string])[],
): Uint8Array => {
  let offset = 0
  const members = tensors.map(([name, { dtype, shape, data }]) => {
    const entry = { dtype, shape, data_offsets: [offset, (offset += data.length)] }
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`
  })
  const pairs = metadata.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  const text = `{${[...(pairs.length > 0 ? [`"${metadataKey}":{${pairs.join(',')}}`] : []), ...members].join(',')}}`
  const bytes = new TextEncoder().encode(text)
  // Spaces up to a multiple of 8: the data, and with the layout every tensor, is aligned.
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20)
  padded.set(bytes)
  return padded
}

/**
 * Encodes tensors and metadata as a safetensors file.
 * The bytes depend only on the content, not on the order given: tensors by descending alignment, then by name, metadata
 * by key, header padded with spaces to a multiple of 8. They equal those of the Python library (whose order of several
 * metadata keys varies).
 *
 * @param input - tensors as pairs of name and view, optional metadata as pairs of strings
 * @returns the file, or a `SafetensorsError`: a name twice, reserved or not UTF-8, a shape that does not fit its data,
 * a header over 100 MB
 * @see The format description of huggingface/safetensors
 * @example
 * ```ts
 * import { encode, tensorView } from '@resfn/safetensors'
 * import { either as E } from 'fp-ts'
 * import assert from 'node:assert/strict'
 * const file = encode({ tensors: [['b', tensorView('U8', [1], new Uint8Array([7]))] as const], metadata: [['step', '3']] })
 * assert.ok(E.isRight(file))
 * ```
 */
export const encode = ({ tensors, metadata = [] }: EncodeInput): E.Either<SafetensorsError, Uint8Array> => {
  const given = [...tensors]
  const pairs = [...metadata]
  const fault =
    nameFault(
      given.map(([name]) => name),
      'tensor',
    ) ??
    nameFault(
      pairs.map(([key]) => key),
      'metadata',
    ) ??
    metadataFault(pairs) ??
    given.map(tensorFault).find((found) => found !== undefined)
  if (fault !== undefined) return E.left(fault)

  const sorted = layout(given)
  const header = headerBytes(
    sorted,
    [...pairs].sort(([a], [b]) => byCodePoint(a, b)),
  )
  if (header.length > maximalHeaderLength) {
    return E.left(
      failure(
        'HeaderTooLarge',
        'header',
        `it has ${header.length} bytes, the limit is ${maximalHeaderLength}`,
        'use fewer tensors or less metadata',
      ),
    )
  }
  const file = new Uint8Array(8 + header.length + sorted.reduce((total, [, { data }]) => total + data.length, 0))
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, 8)
  let offset = 8 + header.length
  for (const [, { data }] of sorted) {
    file.set(data, offset)
    offset += data.length
  }
  return E.right(file)
}
