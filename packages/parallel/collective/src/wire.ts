import { bf16FromFloat32, f16FromFloat32, float32FromBF16, float32FromF16 } from '@resfn/safetensors'
import type { Wire } from './collective.ts'

/** How each wire writes float32 numbers, rounded to nearest even, and reads them. */
export const halves: {
  readonly [wire in Exclude<Wire, 'float32'>]: {
    readonly encode: (values: Float32Array) => Uint16Array
    readonly decode: (bits: Uint16Array) => Float32Array
  }
} = {
  float16: { encode: f16FromFloat32, decode: float32FromF16 },
  bfloat16: { encode: bf16FromFloat32, decode: float32FromBF16 },
}

/** The numbers that arrive of these. */
export const rounded = (wire: Wire, values: Float32Array): Float32Array =>
  wire === 'float32' ? values : halves[wire].decode(halves[wire].encode(values))
