import { dtypeBits, type TensorView } from '@resfn/safetensors'
import { either as E } from 'fp-ts'
import { failure, type PickleError } from './error.ts'
import type { TensorRef } from './value.ts'

/** A tensor that repeats its storage may be larger than it, up to so many elements. */
const mostRepeated = 2 ** 24

const product = (shape: readonly number[]): number => shape.reduce((size, by) => size * by, 1)

/** Whether the elements lie one after the other, row by row. */
const isContiguous = ({ shape, strides }: TensorRef): boolean => {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false
    expected *= shape[axis]!
  }
  return true
}

/** What is wrong with a tensor, before its storage is read. */
export const tensorFault = (key: string, { storage, offset, shape, strides }: TensorRef): PickleError | undefined => {
  const elements = product(shape)
  const last = offset + shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 0)
  const fits = elements === 0 || (Number.isSafeInteger(last) && last < storage.elements)
  const isBounded = Number.isSafeInteger(elements) && (elements <= storage.elements || elements <= mostRepeated)
  return fits && isBounded
    ? undefined
    : failure(
        'InvalidTensor',
        `tensor ${JSON.stringify(key)}`,
        `shape [${shape.join(', ')}] with strides [${strides.join(', ')}] from ${offset} does not lie in its storage of ${storage.elements} elements`,
        'the file is damaged: save it again',
      )
}

/** The tensor row by row, a view of the bytes of its storage where it lies so. */
export const viewOf = (key: string, tensor: TensorRef, bytes: Uint8Array): E.Either<PickleError, TensorView> => {
  const { storage, offset, shape, strides } = tensor
  const size = dtypeBits[storage.dtype] / 8
  if (bytes.length !== storage.elements * size)
    return E.left(
      failure(
        'InvalidTensor',
        `tensor ${JSON.stringify(key)}`,
        `its storage ${JSON.stringify(storage.name)} has ${bytes.length} bytes, and ${storage.elements} elements of ${storage.dtype} need ${storage.elements * size}`,
        'the file is damaged: save it again',
      ),
    )
  const elements = product(shape)
  if (elements === 0 || isContiguous(tensor))
    return E.right({ dtype: storage.dtype, shape, data: bytes.subarray(offset * size, (offset + elements) * size) })
  const data = new Uint8Array(elements * size)
  const index = shape.map(() => 0)
  let from = offset
  for (let to = 0; to < elements; to++) {
    for (let i = 0; i < size; i++) data[to * size + i] = bytes[from * size + i]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return E.right({ dtype: storage.dtype, shape, data })
}
