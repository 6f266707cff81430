import type { Dtype } from './dtype.ts'

/**
 * One tensor as bytes: little-endian, row-major, `data.length = product(shape) * bits / 8`.
 * `decode` gives views into the file's own bytes: nothing is copied.
 */
export type TensorView<D extends Dtype = Dtype> = {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

/**
 * The typed array that holds each dtype. F16 and BF16 are their 16 bits, 8-bit floats their byte, C64 pairs of (real,
 * imaginary), F4 and F6 stay packed bytes; BOOL is 0 or 1.
 */
export type TypedArrays = {
  readonly BOOL: Uint8Array
  readonly F4: Uint8Array
  readonly F6_E2M3: Uint8Array
  readonly F6_E3M2: Uint8Array
  readonly U8: Uint8Array
  readonly I8: Int8Array
  readonly F8_E5M2: Uint8Array
  readonly F8_E4M3: Uint8Array
  readonly F8_E8M0: Uint8Array
  readonly F8_E4M3FNUZ: Uint8Array
  readonly F8_E5M2FNUZ: Uint8Array
  readonly I16: Int16Array
  readonly U16: Uint16Array
  readonly F16: Uint16Array
  readonly BF16: Uint16Array
  readonly I32: Int32Array
  readonly U32: Uint32Array
  readonly F32: Float32Array
  readonly C64: Float32Array
  readonly F64: Float64Array
  readonly I64: BigInt64Array
  readonly U64: BigUint64Array
}

type Constructor<A> = {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
}

const constructors: { readonly [D in Dtype]: Constructor<TypedArrays[D]> } = {
  BOOL: Uint8Array,
  F4: Uint8Array,
  F6_E2M3: Uint8Array,
  F6_E3M2: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E5M2: Uint8Array,
  F8_E4M3: Uint8Array,
  F8_E8M0: Uint8Array,
  F8_E4M3FNUZ: Uint8Array,
  F8_E5M2FNUZ: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  C64: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
}

/**
 * The elements of a view as the typed array of its dtype.
 * Shares the file's memory when the data starts at a multiple of the element size (always so in files written by
 * `encode` or by the Python library and read into their own buffer), else copies.
 *
 * @param view - a tensor as bytes
 * @returns an array of `product(shape)` elements (twice that for C64, packed bytes for F4 and F6)
 *
 * @example
 * ```ts
 * import { tensorView, typedArray } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * const view = tensorView('F32', [2], new Float32Array([1, 2]))
 * assert.deepEqual(typedArray(view), new Float32Array([1, 2]))
 * ```
 */
export const typedArray = <D extends Dtype>(view: TensorView<D>): TypedArrays[D] => {
  const { data } = view
  const constructor = constructors[view.dtype]
  const size = constructor.BYTES_PER_ELEMENT
  const aligned = data.byteOffset % size === 0 ? data : new Uint8Array(data)
  return new constructor(aligned.buffer, aligned.byteOffset, aligned.byteLength / size)
}

/**
 * A typed array as a view, sharing its memory; `encode` checks that the shape fits.
 *
 * @param dtype - the element type; its typed array is the one that `TypedArrays` lists
 * @param shape - sizes, outermost first; `[]` is a scalar
 * @param values - `product(shape)` elements in row-major order
 *
 * @example
 * ```ts
 * import { tensorView } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * assert.equal(tensorView('I64', [], new BigInt64Array([7n])).data.length, 8)
 * ```
 */
export const tensorView = <D extends Dtype>(
  dtype: D,
  shape: readonly number[],
  values: TypedArrays[D],
): TensorView<D> => {
  const array: ArrayBufferView = values
  return { dtype, shape, data: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) }
}
