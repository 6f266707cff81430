import { byteLength, type Dtype, type TensorView } from '@resfn/safetensors'
import { either as E } from 'fp-ts'
import { failure, type NpzError } from './error.ts'
import { magic, numpyDtypes } from './types.ts'

const nameOf = (dtype: Dtype): string | undefined => [...numpyDtypes].find(([, known]) => known === dtype)?.[0]

/** `(3,)`, `(2, 3)`. */
const tuple = (shape: readonly number[]): string => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`)

/**
 * Encodes an array as `numpy.save` does: little-endian, row by row, the data from a multiple of 64 bytes on.
 *
 * @param array dtype, shape and data, little-endian
 * @returns the whole file, or an `NpzError` for a dtype that NumPy does not have, or data that does not fit the shape
 * @see NumPy, `numpy.lib.format`, version 1.0
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeNpy, encodeNpy } from '@resfn/npz'
 * import { either as E } from 'fp-ts'
 *
 * const array = { dtype: 'U8', shape: [2, 2], data: new Uint8Array([1, 2, 3, 4]) } as const
 * const file = encodeNpy(array)
 * assert.ok(E.isRight(file))
 * assert.deepEqual(decodeNpy(file.right), E.right(array))
 * ```
 */
export const encodeNpy = ({ dtype, shape, data }: TensorView): E.Either<NpzError, Uint8Array> => {
  const name = nameOf(dtype)
  if (name === undefined)
    return E.left(failure('UnsupportedType', 'the array', `its type is ${dtype}`, 'NumPy does not have it: convert it'))
  const expected = byteLength(dtype, shape)
  if (expected !== data.length)
    return E.left(
      failure(
        'SizeMismatch',
        'the data',
        `it has ${data.length} bytes, and shape ${tuple(shape)} of ${dtype} needs ${expected === 'overflow' ? 'more than 2^53 bits' : expected}`,
        'give the shape of the data',
      ),
    )
  const order = name.endsWith('1') ? '|' : '<'
  const text = `{'descr': '${order}${name}', 'fortran_order': False, 'shape': ${tuple(shape)}, }`
  const start = Math.ceil((10 + text.length + 1) / 64) * 64
  const file = new Uint8Array(start + data.length)
  file.set([...magic, 1, 0])
  new DataView(file.buffer).setUint16(8, start - 10, true)
  file.set(
    Uint8Array.from(`${text.padEnd(start - 11)}\n`, (letter) => letter.charCodeAt(0)),
    10,
  )
  file.set(data, start)
  return E.right(file)
}
