export { decodeImage, type DecodeOptions } from './decode-image.ts'
export type { Grey16 } from './colours.ts'
export type { DecodeError } from './error.ts'
