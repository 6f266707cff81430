/**
 * Half and brain floats as their 16 bits. Float32 is the hub: to it exact, from it rounded to nearest, ties to even
 * (IEEE 754-2019, 4.3.1), as PyTorch and NumPy do.
 */

/** One half (1 sign, 5 exponent, 10 fraction bits) as the bits of a float32. */
const halfToSingleBits = (half: number): number => {
  const sign = (half & 0x8000) << 16
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13)
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  // Subnormal: shift the leading one to the hidden place.
  const shift = Math.clz32(fraction) - 21
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)
}

/** The bits of a float32, rounded to one half. */
const singleToHalfBits = (bits: number): number => {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff)
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13)
  }
  // 2^-25 and below round to zero (2^-25 is the tie with the even 0).
  if (magnitude <= 0x33000000) return sign
  const shift = 126 - (magnitude >>> 23)
  const significand = (magnitude & 0x7fffff) | 0x800000
  const half = significand >>> shift
  const rest = significand & ((1 << shift) - 1)
  const tie = 1 << (shift - 1)
  return sign | (half + (rest > tie || (rest === tie && (half & 1) === 1) ? 1 : 0))
}

/** The bits of a float32, rounded to one brain float (its upper 16 bits); a NaN stays a NaN. */
const singleToBrainBits = (bits: number): number =>
  (bits & 0x7fffffff) > 0x7f800000 ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16

const toSingle =
  (bitsOf: (value: number) => number) =>
  (values: Uint16Array): Float32Array => {
    const bits = new Uint32Array(values.length)
    for (let i = 0; i < values.length; i++) bits[i] = bitsOf(values[i] ?? 0)
    return new Float32Array(bits.buffer)
  }

const fromSingle =
  (bitsOf: (bits: number) => number) =>
  (values: Float32Array): Uint16Array => {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
    const result = new Uint16Array(values.length)
    for (let i = 0; i < values.length; i++) result[i] = bitsOf(bits[i] ?? 0)
    return result
  }

/**
 * Half floats (IEEE binary16, as bits) to float32: exact.
 *
 * @example
 * ```ts
 * import { float32FromF16 } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * assert.deepEqual(float32FromF16(new Uint16Array([0x3c00, 0xc000])), new Float32Array([1, -2]))
 * ```
 */
export const float32FromF16: (bits: Uint16Array) => Float32Array = toSingle(halfToSingleBits)

/**
 * Brain floats (the upper half of a float32, as bits) to float32: exact.
 *
 * @example
 * ```ts
 * import { float32FromBF16 } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * assert.deepEqual(float32FromBF16(new Uint16Array([0x3f80])), new Float32Array([1]))
 * ```
 */
export const float32FromBF16: (bits: Uint16Array) => Float32Array = toSingle((value) => value << 16)

/**
 * Float32 to half floats (as bits), rounded to nearest, ties to even; beyond 65504 infinity, NaN stays NaN.
 *
 * @example
 * ```ts
 * import { f16FromFloat32 } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * assert.deepEqual(f16FromFloat32(new Float32Array([1, 65504, 1e6])), new Uint16Array([0x3c00, 0x7bff, 0x7c00]))
 * ```
 */
export const f16FromFloat32: (values: Float32Array) => Uint16Array = fromSingle(singleToHalfBits)

/**
 * Float32 to brain floats (as bits), rounded to nearest, ties to even; NaN stays NaN.
 *
 * @example
 * ```ts
 * import { bf16FromFloat32 } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * assert.deepEqual(bf16FromFloat32(new Float32Array([1, -2])), new Uint16Array([0x3f80, 0xc000]))
 * ```
 */
export const bf16FromFloat32: (values: Float32Array) => Uint16Array = fromSingle(singleToBrainBits)
