/**
 * Every dtype of the format, with the bits of one element, in the order of the reference implementation.
 * A file is laid out from the last of this list to the first, so every tensor starts at a multiple of its element size.
 *
 * @see The `Dtype` list of the safetensors reference implementation 0.8
 * @example
 * ```ts
 * import { dtypeBits } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * assert.equal(dtypeBits.BF16, 16)
 * ```
 */
export const dtypeBits: {
  readonly BOOL: 8
  readonly F4: 4
  readonly F6_E2M3: 6
  readonly F6_E3M2: 6
  readonly U8: 8
  readonly I8: 8
  readonly F8_E5M2: 8
  readonly F8_E4M3: 8
  readonly F8_E8M0: 8
  readonly F8_E4M3FNUZ: 8
  readonly F8_E5M2FNUZ: 8
  readonly I16: 16
  readonly U16: 16
  readonly F16: 16
  readonly BF16: 16
  readonly I32: 32
  readonly U32: 32
  readonly F32: 32
  readonly C64: 64
  readonly F64: 64
  readonly I64: 64
  readonly U64: 64
} = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
}

/** The name of an element type, as the header spells it. */
export type Dtype = keyof typeof dtypeBits

/** All dtype names, smallest alignment first. */
export const dtypes: readonly Dtype[] = Object.keys(dtypeBits) as Dtype[]

/**
 * Whether a string names a dtype of the format.
 *
 * @example
 * ```ts
 * import { isDtype } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * assert.ok(isDtype('BF16'))
 * assert.ok(!isDtype('toString'))
 * ```
 */
export const isDtype = (name: string): name is Dtype => Object.hasOwn(dtypeBits, name)

/**
 * The number of bytes a tensor occupies: `product(shape) * bits / 8`, or a reason why it has none.
 * `overflow`: a product leaves the safe integers; `fraction`: a packed 4- or 6-bit tensor does not end at a byte.
 *
 * @example
 * ```ts
 * import { byteLength } from '@resfn/safetensors'
 * import assert from 'node:assert/strict'
 * assert.equal(byteLength('F32', [2, 3]), 24)
 * assert.equal(byteLength('F4', [3]), 'fraction')
 * ```
 */
export const byteLength = (dtype: Dtype, shape: readonly number[]): number | 'overflow' | 'fraction' => {
  let count = 1
  for (const size of shape) {
    count *= size
    if (!Number.isSafeInteger(count)) return 'overflow'
  }
  const bits = count * dtypeBits[dtype]
  if (!Number.isSafeInteger(bits)) return 'overflow'
  return bits % 8 === 0 ? bits / 8 : 'fraction'
}
