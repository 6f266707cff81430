export { decode } from './decode.ts'
export { decodeFile } from './decode-file.ts'
export { encode } from './encode.ts'
export type { Idx, IdxArrays, IdxError, IdxType } from './idx.ts'
