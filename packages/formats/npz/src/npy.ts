import { byteLength, type Dtype, dtypeBits, type TensorView } from '@resfn/safetensors'
import { either as E, function as F } from 'fp-ts'
import { failure, type NpzError } from './error.ts'
import { magic, numpyDtypes } from './types.ts'

/** What the text before the data says. */
export type Header = {
  readonly dtype: Dtype
  readonly isBigEndian: boolean
  readonly isFortran: boolean
  readonly shape: readonly number[]
  /** the first byte of the data */
  readonly start: number
}

const field = (text: string, name: string, value: string): string | undefined =>
  new RegExp(`['"]${name}['"]\\s*:\\s*${value}`).exec(text)?.[1]

const invalid = (what: string): E.Either<NpzError, never> =>
  E.left(failure('InvalidHeader', 'the header', what, 'the file is damaged: save it again'))

/** The bytes that tell how long the header is. */
export const headerStart = 12

const longestHeader = 65536

/** Where the header ends, from the first bytes of the file. */
export const headerEnd = (bytes: Uint8Array): E.Either<NpzError, number> => {
  if (!magic.every((value, i) => bytes[i] === value))
    return E.left(failure('OtherFormat', 'byte 0', 'it does not begin with \\x93NUMPY', 'is it a file of numpy.save?'))
  const isLong = (bytes[6] ?? 0) >= 2
  const start = isLong ? 12 : 10
  if (bytes.length < start) return invalid('it is cut short')
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = isLong ? data.getUint32(8, true) : data.getUint16(8, true)
  return length > longestHeader ? invalid('it has more than 65,536 letters') : E.right(start + length)
}

/** The header of an array, from the bytes up to its end. */
export const headerOf = (bytes: Uint8Array, end: number): E.Either<NpzError, Header> => {
  if (end > bytes.length) return invalid('it is longer than the file')
  const start = bytes[6]! >= 2 ? 12 : 10
  const text = String.fromCharCode(...bytes.subarray(start, end))
  const type = field(text, 'descr', `['"]([^'"]*)['"]`)
  const isFortran = field(text, 'fortran_order', '(True|False)')
  const sizes = field(text, 'shape', '\\(([\\d, L]*)\\)')
  if (isFortran === undefined || sizes === undefined || (type === undefined && !text.includes('descr')))
    return invalid('it lacks descr, fortran_order or shape')
  const dtype = numpyDtypes.get(type?.slice(1) ?? '')
  if (dtype === undefined || !/^[<>|=]/.test(type!))
    return E.left(
      failure(
        'UnsupportedType',
        'the header',
        `the type is ${type === undefined ? 'a record' : JSON.stringify(type.slice(0, 20))}`,
        'numbers of at most 64 bits can be read; objects would have to be run',
      ),
    )
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size.replace('L', ''))]))
  if (shape.length > 64 || !shape.every((size) => Number.isSafeInteger(size)))
    return invalid(`the shape is (${sizes.slice(0, 60)})`)
  return E.right({ dtype, isBigEndian: type!.startsWith('>'), isFortran: isFortran === 'True', shape, start: end })
}

/** The bytes of each element the other way round. */
const swapped = (data: Uint8Array, size: number): Uint8Array => {
  const result = data.slice()
  for (let at = 0; at < result.length; at += size) result.subarray(at, at + size).reverse()
  return result
}

/** Column by column to row by row. */
const rowByRow = (data: Uint8Array, shape: readonly number[], size: number): Uint8Array => {
  const result = new Uint8Array(data.length)
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, side) => product * side, size))
  const index = shape.map(() => 0)
  let from = 0
  for (let to = 0; to < data.length; to += size) {
    for (let i = 0; i < size; i++) result[to + i] = data[from + i]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return result
}

/** What is wrong with a header for so many bytes of data. */
export const sizeFault = ({ dtype, shape }: Header, found: number): NpzError | undefined => {
  const expected = byteLength(dtype, shape)
  return expected === found
    ? undefined
    : failure(
        'SizeMismatch',
        'the data',
        `it has ${found} bytes, and shape (${shape.join(', ')}) of ${dtype} needs ${expected === 'overflow' ? 'more than 2^53 bits' : expected}`,
        'the file is cut short or damaged: fetch it again',
      )
}

/** The array little-endian and row by row; the data is the same where its order is that already. */
export const arrayOf = ({ dtype, isBigEndian, isFortran, shape }: Header, data: Uint8Array): TensorView => {
  const size = dtypeBits[dtype] / 8
  const inOrder = isBigEndian && size > 1 ? swapped(data, size) : data
  const isTurned = isFortran && shape.filter((side) => side > 1).length > 1
  return { dtype, shape, data: isTurned ? rowByRow(inOrder, shape, size) : inOrder }
}

/**
 * Decodes a file of `numpy.save`: little-endian, row by row, whatever the order in the file.
 *
 * @param bytes the whole file; the data is a view of it where its order is that already
 * @returns dtype, shape and data, or an `NpzError` (never an exception, for any bytes)
 * @see NumPy, `numpy.lib.format`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeNpy } from '@resfn/npz'
 *
 * const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n`
 * const file = new Uint8Array([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length, 0, ...new TextEncoder().encode(header), 7, 8])
 * const array = decodeNpy(file)
 * assert.ok(array._tag === 'Right')
 * assert.deepEqual([array.right.dtype, array.right.shape, [...array.right.data]], ['U8', [2], [7, 8]])
 * ```
 */
export const decodeNpy = (bytes: Uint8Array): E.Either<NpzError, TensorView> =>
  F.pipe(
    headerEnd(bytes),
    E.flatMap((end) => headerOf(bytes, end)),
    E.flatMap((header) => {
      const data = bytes.subarray(header.start)
      const fault = sizeFault(header, data.length)
      return fault === undefined ? E.right(arrayOf(header, data)) : E.left(fault)
    }),
  )
