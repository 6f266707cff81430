import { either as E } from 'fp-ts'
import { maximalHeaderLength } from './decode.ts'
import { byteLength, dtypes, isDtype } from './dtype.ts'
import { failure, type SafetensorsError } from './error.ts'
import { metadataKey } from './header.ts'
import { wellFormed } from './json.ts'
import type { TensorView } from './view.ts'

/** A tensor without its bytes. */
export type TensorSpec = Pick<TensorView, 'dtype' | 'shape'>

/** What `encodeHeader` takes: pairs, as for `encode`. */
export type EncodeHeaderInput = {
  readonly tensors: Iterable<readonly [string, TensorSpec]>
  readonly metadata?: Iterable<readonly [string, string]>
}

/** The beginning of a file, and the names of the tensors in the order in which their bytes follow. */
export type EncodedHeader = {
  readonly bytes: Uint8Array
  readonly names: readonly string[]
  readonly fileLength: number
}

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

const tensorFault = ([name, { dtype, shape }]: readonly [string, TensorSpec]): SafetensorsError | undefined => {
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
  const bytes = byteLength(dtype, shape)
  return typeof bytes === 'number' ? undefined : sizeFault(name, { dtype, shape }, 'make another shape')
}

const sizeFault = (name: string, { dtype, shape }: TensorSpec, remedy: string, found = ''): SafetensorsError => {
  const expected = byteLength(dtype, shape)
  const need =
    expected === 'overflow'
      ? 'is larger than 2^53 bits'
      : expected === 'fraction'
        ? 'does not end at a whole byte'
        : `needs ${expected} bytes`
  return failure(
    'SizeMismatch',
    `tensor ${JSON.stringify(name)}`,
    `shape [${shape.join(', ')}] of ${dtype} ${need}${found}`,
    remedy,
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
const layout = (tensors: readonly (readonly [string, TensorSpec])[]): readonly (readonly [string, TensorSpec])[] =>
  [...tensors].sort(
    ([a, left], [b, right]) => dtypes.indexOf(right.dtype) - dtypes.indexOf(left.dtype) || byCodePoint(a, b),
  )

const headerBytes = (
  tensors: readonly (readonly [string, TensorSpec])[],
  metadata: readonly (readonly [string, string])[],
): { readonly bytes: Uint8Array; readonly fileLength: number } => {
  let offset = 0
  const members = tensors.map(([name, { dtype, shape }]) => {
    // The faults were looked for, so the length is a number.
    const entry = { dtype, shape, data_offsets: [offset, (offset += byteLength(dtype, shape) as number)] }
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`
  })
  const pairs = metadata.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  const text = `{${[...(pairs.length > 0 ? [`"${metadataKey}":{${pairs.join(',')}}`] : []), ...members].join(',')}}`
  const encoded = new TextEncoder().encode(text)
  // Spaces up to a multiple of 8: the data, and with the layout every tensor, is aligned.
  const bytes = new Uint8Array(8 + Math.ceil(encoded.length / 8) * 8).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true)
  bytes.set(encoded, 8)
  return { bytes, fileLength: bytes.length + offset }
}

/**
 * The beginning of a file, up to the bytes of the tensors: whoever has not all tensors in memory writes it first and
 * then the bytes of each tensor, in the order of `names`. The file is the one that `encode` makes.
 *
 * @param input tensors as pairs of name and dtype with shape, optional metadata as pairs of strings
 * @returns the bytes, the order of the tensors and the length of the whole file, or a `SafetensorsError`
 * @see The format description of huggingface/safetensors
 * @example
 * ```ts
 * import { encode, encodeHeader, tensorView } from '@resfn/safetensors'
 * import { either as E } from 'fp-ts'
 * import assert from 'node:assert/strict'
 * const view = tensorView('F32', [1], new Float32Array([1]))
 * const [header, file] = [encodeHeader({ tensors: [['w', view]] }), encode({ tensors: [['w', view]] })]
 * assert.ok(E.isRight(header) && E.isRight(file))
 * assert.deepEqual(new Uint8Array([...header.right.bytes, ...view.data]), file.right)
 * ```
 */
export const encodeHeader = ({
  tensors,
  metadata = [],
}: EncodeHeaderInput): E.Either<SafetensorsError, EncodedHeader> => {
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
  if (header.bytes.length - 8 > maximalHeaderLength) {
    return E.left(
      failure(
        'HeaderTooLarge',
        'header',
        `it has ${header.bytes.length - 8} bytes, the limit is ${maximalHeaderLength}`,
        'use fewer tensors or less metadata',
      ),
    )
  }
  return E.right({ ...header, names: sorted.map(([name]) => name) })
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
  const header = encodeHeader({ tensors: given, metadata })
  if (E.isLeft(header)) return header
  const views = new Map(given)
  const wrong = given.find(([, { dtype, shape, data }]) => byteLength(dtype, shape) !== data.length)
  if (wrong !== undefined) {
    const [name, view] = wrong
    return E.left(sizeFault(name, view, 'make shape and data agree', `, the data has ${view.data.length}`))
  }
  const file = new Uint8Array(header.right.fileLength)
  file.set(header.right.bytes)
  let offset = header.right.bytes.length
  for (const name of header.right.names) {
    const { data } = views.get(name)!
    file.set(data, offset)
    offset += data.length
  }
  return E.right(file)
}
