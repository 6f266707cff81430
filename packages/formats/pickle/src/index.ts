export { decode, type StoredTensor } from './decode.ts'
export type { PickleError } from './error.ts'
