import { maskedCrc32c } from './crc32c.ts'
import { type ScalarsEvent, scalarsProto, versionProto } from './event.ts'

/** A message between its length and the checks of both. */
const record = (message: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(8 + 4 + message.length + 4)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(message.length), true)
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true)
  bytes.set(message, 12)
  view.setUint32(12 + message.length, maskedCrc32c(message), true)
  return bytes
}

/**
 * The beginning of a file of events: the version of its format. Events follow by `encodeScalars`.
 *
 * @param wallTime seconds since 1970
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decode, encodeHeader } from '@resfn/tfevents'
 * import { either as E } from 'fp-ts'
 *
 * const events = decode(encodeHeader(5))
 * assert.deepEqual(events, E.right([{ wallTime: 5, step: 0, scalars: {}, version: 'brain.Event:2' }]))
 * ```
 */
export const encodeHeader = (wallTime: number): Uint8Array => record(versionProto(wallTime))

/**
 * Numbers of a step as bytes to append to a file of events.
 *
 * @param event when, which step, and the numbers by tag; they are kept as float32
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeHeader, encodeScalars } from '@resfn/tfevents'
 *
 * const file = [encodeHeader(0), encodeScalars({ wallTime: 1, step: 1, scalars: { 'train/loss': 0.5 } })]
 * assert.deepEqual(file.map(({ length }) => length), [31, 48])
 * ```
 */
export const encodeScalars = (event: ScalarsEvent): Uint8Array => record(scalarsProto(event))
