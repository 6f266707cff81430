export { decode, type TfeventsError } from './decode.ts'
export { encodeHeader, encodeScalars } from './encode.ts'
export type { ScalarsEvent, TfEvent } from './event.ts'
