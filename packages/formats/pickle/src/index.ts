export { decode, type StoredTensor } from './decode.ts'
export { arrayView, decodePickle, type PickledValue } from './decode-pickle.ts'
export type { PickleError } from './error.ts'
