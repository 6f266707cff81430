import { either as E } from 'fp-ts'
import type { Dtype } from './dtype.ts'
import { failure, type SafetensorsError } from './error.ts'
import { bf16FromFloat32, f16FromFloat32, float32FromBF16, float32FromF16 } from './half.ts'
import { tensorView, type TensorView, typedArray } from './view.ts'

const readers: { readonly [D in Dtype]?: (view: TensorView) => Float32Array } = {
  BOOL: (view) => Float32Array.from(view.data),
  U8: (view) => Float32Array.from(view.data),
  I8: (view) => Float32Array.from(typedArray({ ...view, dtype: 'I8' })),
  I16: (view) => Float32Array.from(typedArray({ ...view, dtype: 'I16' })),
  U16: (view) => Float32Array.from(typedArray({ ...view, dtype: 'U16' })),
  I32: (view) => Float32Array.from(typedArray({ ...view, dtype: 'I32' })),
  U32: (view) => Float32Array.from(typedArray({ ...view, dtype: 'U32' })),
  F16: (view) => float32FromF16(typedArray({ ...view, dtype: 'F16' })),
  BF16: (view) => float32FromBF16(typedArray({ ...view, dtype: 'BF16' })),
  F32: (view) => typedArray({ ...view, dtype: 'F32' }),
  F64: (view) => Float32Array.from(typedArray({ ...view, dtype: 'F64' })),
}

/**
 * The elements of a view as float32, rounded to nearest where they do not fit exactly.
 * F32 is given as it is (shared memory where aligned); BOOL, the integers up to 32 bits, F16, BF16 and F64 are
 * converted.
 *
 * @param view - a tensor as bytes
 * @returns `product(shape)` numbers, or `UnsupportedDtype` for 64-bit integers, C64 and the floats under 16 bits: use
 * `typedArray`
 *
 * @example
 * ```ts
 * import { tensorView, toFloat32 } from '@resfn/safetensors'
 * import { either as E } from 'fp-ts'
 * import assert from 'node:assert/strict'
 * assert.deepEqual(toFloat32(tensorView('BF16', [1], new Uint16Array([0x3f80]))), E.right(new Float32Array([1])))
 * ```
 */
export const toFloat32 = (view: TensorView): E.Either<SafetensorsError, Float32Array> => {
  const read = readers[view.dtype]
  return read === undefined
    ? E.left(
        failure(
          'UnsupportedDtype',
          `view of ${view.dtype}`,
          'it has no conversion to float32',
          'read its bits with `typedArray`',
        ),
      )
    : E.right(read(view))
}

const writers: { readonly [D in FloatDtype]: (shape: readonly number[], values: Float32Array) => TensorView } = {
  F16: (shape, values) => tensorView('F16', shape, f16FromFloat32(values)),
  BF16: (shape, values) => tensorView('BF16', shape, bf16FromFloat32(values)),
  F32: (shape, values) => tensorView('F32', shape, values),
  F64: (shape, values) => tensorView('F64', shape, Float64Array.from(values)),
}

/** The dtypes that float32 values can be written as. */
export type FloatDtype = 'F16' | 'BF16' | 'F32' | 'F64'

/**
 * Float32 values as a view of a float dtype: F32 shares the memory, F16 and BF16 round to nearest (ties to even), F64
 * is exact.
 *
 * @param dtype - `F16`, `BF16`, `F32` or `F64`
 * @param shape - sizes, outermost first
 * @param values - `product(shape)` numbers in row-major order
 *
 * @example
 * ```ts
 * import { fromFloat32 } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * assert.deepEqual(fromFloat32('F16', [1], new Float32Array([1])).data, new Uint8Array([0x00, 0x3c]))
 * ```
 */
export const fromFloat32 = (dtype: FloatDtype, shape: readonly number[], values: Float32Array): TensorView =>
  writers[dtype](shape, values)
