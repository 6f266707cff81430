import { dtypeBits, type TensorView } from '@resfn/safetensors'
import { failure, type PickleError } from './error.ts'
import type { TensorRef } from './value.ts'

/** A tensor that repeats its storage may be larger than it, up to so many elements. */
const mostRepeated = 2 ** 24

/** The bytes of one element. */
const bytesOf = ({ storage }: TensorRef): number => dtypeBits[storage.dtype] / 8

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

const invalid = (key: string, what: string): PickleError =>
  failure('InvalidTensor', `tensor ${JSON.stringify(key)}`, what, 'the file is damaged: save it again')

/** The first element behind those of a tensor. */
const endOf = ({ offset, shape, strides }: TensorRef): number =>
  product(shape) === 0 ? offset : offset + 1 + shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 0)

/**
 * What is wrong with a tensor, before its storage is read.
 *
 * @param stored the bytes of its storage; nothing where there is none, which is told when it is read
 */
export const tensorFault = (key: string, tensor: TensorRef, stored: number | undefined): PickleError | undefined => {
  const { storage, offset, shape, strides } = tensor
  const elements = product(shape)
  const end = endOf(tensor)
  const fits = elements === 0 || (Number.isSafeInteger(end) && end <= storage.elements)
  const isBounded = Number.isSafeInteger(elements) && (elements <= storage.elements || elements <= mostRepeated)
  if (!fits || !isBounded)
    return invalid(
      key,
      `shape [${shape.join(', ')}] with strides [${strides.join(', ')}] from ${offset} does not lie in its storage of ${storage.elements} elements`,
    )
  const needed = storage.elements * bytesOf(tensor)
  return stored === undefined || stored === needed
    ? undefined
    : invalid(
        key,
        `its storage ${JSON.stringify(storage.name)} has ${stored} bytes, and ${storage.elements} elements of ${storage.dtype} need ${needed}`,
      )
}

/** The bytes of its storage that a tensor takes. */
export const spanOf = (tensor: TensorRef): { readonly start: number; readonly end: number } => ({
  start: tensor.offset * bytesOf(tensor),
  end: endOf(tensor) * bytesOf(tensor),
})

/** The tensor row by row, from the bytes of its span: the same bytes where they lie so. */
export const viewOf = (tensor: TensorRef, bytes: Uint8Array): TensorView => {
  const { storage, shape, strides } = tensor
  const elements = product(shape)
  if (elements === 0 || isContiguous(tensor)) return { dtype: storage.dtype, shape, data: bytes }
  const size = bytesOf(tensor)
  const data = new Uint8Array(elements * size)
  const index = shape.map(() => 0)
  let from = 0
  for (let to = 0; to < elements; to++) {
    for (let i = 0; i < size; i++) data[to * size + i] = bytes[from * size + i]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return { dtype: storage.dtype, shape, data }
}
