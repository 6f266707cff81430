import type { Dtype } from '@resfn/safetensors'

/**
 * The dtypes by their names in NumPy, without the order of the bytes.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { numpyDtypes } from '@resfn/npz'
 *
 * assert.equal(numpyDtypes.get('u1'), 'U8')
 * ```
 */
export const numpyDtypes: ReadonlyMap<string, Dtype> = new Map([
  ['f2', 'F16'],
  ['f4', 'F32'],
  ['f8', 'F64'],
  ['i1', 'I8'],
  ['i2', 'I16'],
  ['i4', 'I32'],
  ['i8', 'I64'],
  ['u1', 'U8'],
  ['u2', 'U16'],
  ['u4', 'U32'],
  ['u8', 'U64'],
  ['b1', 'BOOL'],
])

/** What a file of `numpy.save` begins with. */
export const magic: readonly number[] = [0x93, ...[...'NUMPY'].map((letter) => letter.charCodeAt(0))]
