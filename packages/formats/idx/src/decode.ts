import { either as E, function as F } from 'fp-ts'
import { elements, type Header, readHeader } from './header.ts'
import { failure, type Idx, type IdxArrays, type IdxError, type IdxType } from './idx.ts'

/** Big-endian elements as a typed array: 8-bit types share the file's memory, the others are copied and turned. */
const readers: { readonly [T in IdxType]: (data: DataView, count: number) => IdxArrays[T] } = {
  uint8: (data, count) => new Uint8Array(data.buffer, data.byteOffset, count),
  int8: (data, count) => new Int8Array(data.buffer, data.byteOffset, count),
  int16: (data, count) => Int16Array.from({ length: count }, (_, i) => data.getInt16(2 * i)),
  int32: (data, count) => Int32Array.from({ length: count }, (_, i) => data.getInt32(4 * i)),
  float32: (data, count) => Float32Array.from({ length: count }, (_, i) => data.getFloat32(4 * i)),
  float64: (data, count) => Float64Array.from({ length: count }, (_, i) => data.getFloat64(8 * i)),
}

/** The length against the header's: nothing is allocated for a file that lies about its size. */
const checkLength =
  (length: number) =>
  (header: Header): E.Either<IdxError, Header> => {
    const claim = `${header.shape.join(' x ')} ${header.type} need ${header.end} bytes with the header`
    if (length < header.end)
      return E.left(failure('Truncated', length, `${claim}, the file has ${length}`, 'it is cut short: fetch it again'))
    if (length > header.end)
      return E.left(
        failure(
          'TrailingBytes',
          header.end,
          `${claim}, the file has ${length}`,
          'it is damaged or two files in one: fetch it again',
        ),
      )
    return E.right(header)
  }

/**
 * Decodes an IDX file: `0 0 type rank | rank big-endian u32 sizes | big-endian data`.
 * For 8-bit types the data is a view into `bytes`.
 *
 * @param bytes the whole file, not compressed (see `decodeFile` for gzip)
 * @returns type, shape and data, or an `IdxError` with the offset where the file goes wrong
 * @see Y. LeCun, C. Cortes and C. Burges, The MNIST database, "the IDX file format"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decode } from '@resfn/idx'
 * import { either as E } from 'fp-ts'
 *
 * const labels = decode(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 3, 9, 2, 1]))
 * assert.deepEqual(labels, E.right({ type: 'uint8', shape: [3], data: new Uint8Array([9, 2, 1]) }))
 * ```
 */
export const decode = (bytes: Uint8Array): E.Either<IdxError, Idx> =>
  F.pipe(
    readHeader(bytes),
    E.flatMap(checkLength(bytes.length)),
    E.map(({ type, shape, start, end }) => {
      const count = (end - start) / elements[type].size
      const data = readers[type](new DataView(bytes.buffer, bytes.byteOffset + start, end - start), count)
      // The table pairs each type with its array; a union indexed by a variable loses that pairing.
      return { type, shape, data } as Idx
    }),
  )
