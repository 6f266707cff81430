import { either as E } from 'fp-ts'
import { elements } from './header.ts'
import { failure, type Idx, type IdxError } from './idx.ts'

/** Writes one element at its byte. */
const write = (view: DataView, at: number, type: Idx['type'], value: number): void => {
  if (type === 'uint8') view.setUint8(at, value)
  else if (type === 'int8') view.setInt8(at, value)
  else if (type === 'int16') view.setInt16(at, value)
  else if (type === 'int32') view.setInt32(at, value)
  else if (type === 'float32') view.setFloat32(at, value)
  else view.setFloat64(at, value)
}

/**
 * Encodes an array as an IDX file; the inverse of `decode`.
 *
 * @param idx type, shape (at most 255 sizes below 2^32) and `product(shape)` numbers
 * @returns the file, or `InvalidShape`
 * @see Y. LeCun, C. Cortes and C. Burges, The MNIST database, "the IDX file format"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encode } from '@resfn/idx'
 * import { either as E } from 'fp-ts'
 *
 * const file = encode({ type: 'int16', shape: [1], data: new Int16Array([258]) })
 * assert.deepEqual(file, E.right(new Uint8Array([0, 0, 0x0b, 1, 0, 0, 0, 1, 1, 2])))
 * ```
 */
export const encode = ({ type, shape, data }: Idx): E.Either<IdxError, Uint8Array> => {
  if (shape.length > 255 || !shape.every((size) => Number.isInteger(size) && size >= 0 && size < 2 ** 32)) {
    return E.left(
      failure(
        'InvalidShape',
        3,
        `the shape is [${shape.join(', ')}]`,
        'an IDX shape has at most 255 sizes, each from 0 to 2^32 - 1',
      ),
    )
  }
  const count = shape.reduce((total, size) => total * size, 1)
  if (count !== data.length) {
    return E.left(
      failure(
        'InvalidShape',
        4,
        `the shape [${shape.join(', ')}] needs ${count} numbers, the data has ${data.length}`,
        'make shape and data agree',
      ),
    )
  }
  const { code, size } = elements[type]
  const start = 4 + 4 * shape.length
  const file = new Uint8Array(start + count * size)
  const view = new DataView(file.buffer)
  file.set([0, 0, code, shape.length])
  shape.forEach((length, i) => view.setUint32(4 + 4 * i, length))
  for (let i = 0; i < count; i++) write(view, start + i * size, type, data[i] ?? 0)
  return E.right(file)
}
