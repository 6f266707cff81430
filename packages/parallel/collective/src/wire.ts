import { bf16FromFloat32, f16FromFloat32, float32FromBF16, float32FromF16 } from '@resfn/safetensors'
import type { Wire } from './collective.ts'

/** How float32 numbers are written for a wire, rounded to nearest even, and read. */
export type Codec = {
  /** Bytes a number. */
  readonly bytes: number
  readonly write: (values: Float32Array) => Float32Array | Uint16Array
  readonly read: (buffer: ArrayBufferLike, offset: number, length: number) => Float32Array
}

const half = (write: Codec['write'], read: (bits: Uint16Array) => Float32Array): Codec => ({
  bytes: 2,
  write,
  read: (buffer, offset, length) => read(new Uint16Array(buffer, offset, length)),
})

/** `float32` needs no copy. */
export const codecs: { readonly [wire in Wire]: Codec } = {
  float32: {
    bytes: 4,
    write: (values) => values,
    read: (buffer, offset, length) => new Float32Array(buffer, offset, length),
  },
  float16: half(f16FromFloat32, float32FromF16),
  bfloat16: half(bf16FromFloat32, float32FromBF16),
}

/** The numbers that arrive of these. */
export const rounded = (wire: Wire, values: Float32Array): Float32Array => {
  const { buffer, byteOffset, length } = codecs[wire].write(values)
  return codecs[wire].read(buffer, byteOffset, length)
}
