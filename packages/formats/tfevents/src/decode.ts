import { either as E } from 'fp-ts'
import { maskedCrc32c } from './crc32c.ts'
import { readEvent, type TfEvent } from './event.ts'

/** What can be wrong with a file of events. */
export type TfeventsError = {
  /**
   * - `Truncated`: the file ends inside a record.
   * - `Damaged`: a check does not fit its bytes.
   * - `InvalidEvent`: a record is whole, but holds no event.
   */
  readonly _tag: 'Truncated' | 'Damaged' | 'InvalidEvent'
  /** One sentence: where, what is wrong, and how to fix it. */
  readonly message: string
}

const failure = (_tag: TfeventsError['_tag'], at: number, what: string): E.Either<TfeventsError, never> =>
  E.left({ _tag, message: `byte ${at}: ${what}; take the file from where it was written` })

/**
 * The events of a file, in order.
 *
 * @param bytes a whole file
 * @see TensorFlow, "TFRecord and tf.train.Example", section "TFRecords format details"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decode } from '@resfn/tfevents'
 *
 * assert.deepEqual(decode(new Uint8Array(3)), {
 *   _tag: 'Left',
 *   left: {
 *     _tag: 'Truncated',
 *     message: 'byte 0: the file ends inside a record; take the file from where it was written',
 *   },
 * })
 * ```
 */
export const decode = (bytes: Uint8Array): E.Either<TfeventsError, readonly TfEvent[]> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const events: TfEvent[] = []
  for (let at = 0; at < bytes.length;) {
    const left = bytes.length - at
    if (left < 12) return failure('Truncated', at, 'the file ends inside a record')
    if (view.getUint32(at + 8, true) !== maskedCrc32c(bytes.subarray(at, at + 8)))
      return failure('Damaged', at, 'the length of a record does not fit its check')
    const length = view.getBigUint64(at, true)
    if (BigInt(left - 16) < length) return failure('Truncated', at, 'the file ends inside a record')
    const end = at + 12 + Number(length)
    const message = bytes.subarray(at + 12, end)
    if (view.getUint32(end, true) !== maskedCrc32c(message))
      return failure('Damaged', at, 'a record does not fit its check')
    try {
      events.push(readEvent(message))
    } catch {
      return failure('InvalidEvent', at, 'the record holds no event')
    }
    at = end + 4
  }
  return E.right(events)
}
