export { decode, decodeHeader, maximalHeaderLength, type Safetensors } from './decode.ts'
export { byteLength, type Dtype, dtypeBits, dtypes, isDtype } from './dtype.ts'
export {
  encode,
  type EncodedHeader,
  encodeHeader,
  type EncodeHeaderInput,
  type EncodeInput,
  type TensorSpec,
} from './encode.ts'
export type { SafetensorsError } from './error.ts'
export { type FloatDtype, fromFloat32, toFloat32 } from './float32.ts'
export type { SafetensorsHeader, TensorPlace } from './header.ts'
export { bf16FromFloat32, f16FromFloat32, float32FromBF16, float32FromF16 } from './half.ts'
export { type TensorView, tensorView, typedArray, type TypedArrays } from './view.ts'
