export { encodeNpy } from './encode-npy.ts'
export type { NpzError } from './error.ts'
export { decodeNpy } from './npy.ts'
export { decode } from './npz.ts'
