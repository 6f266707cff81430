import { either as E } from 'fp-ts'
import { failure, type IdxError, type IdxType } from './idx.ts'

/** The type byte and the element size of each type. */
export const elements: { readonly [T in IdxType]: { readonly code: number; readonly size: number } } = {
  uint8: { code: 0x08, size: 1 },
  int8: { code: 0x09, size: 1 },
  int16: { code: 0x0b, size: 2 },
  int32: { code: 0x0c, size: 4 },
  float32: { code: 0x0d, size: 4 },
  float64: { code: 0x0e, size: 8 },
}

const types = Object.keys(elements) as IdxType[]

/** What the first bytes say: where the data starts and where it ends. */
export type Header = {
  readonly type: IdxType
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')

/** Reads `0 0 type rank size…` from the first bytes of a file (at least `4 + 4 rank` of them). */
export const readHeader = (bytes: Uint8Array): E.Either<IdxError, Header> => {
  if (bytes.length < 4)
    return E.left(
      failure('Truncated', bytes.length, `the file ends inside the 4 bytes of the magic number`, 'fetch it again'),
    )
  const [zero, alsoZero, code, rank = 0] = bytes
  const type = types.find((name) => elements[name].code === code)
  if (zero !== 0 || alsoZero !== 0 || type === undefined) {
    const gzip = zero === 0x1f && alsoZero === 0x8b
    const remedy = gzip ? 'it is gzip: use `decodeFile`, or decompress it first' : 'is this an IDX file?'
    return E.left(
      failure(
        'WrongMagic',
        0,
        `the magic number is ${hex(bytes.subarray(0, 4))}, not 00 00, a type from 08 to 0e, and a rank`,
        remedy,
      ),
    )
  }
  const start = 4 + 4 * rank
  if (bytes.length < start)
    return E.left(
      failure(
        'Truncated',
        bytes.length,
        `the file ends inside the header, which has ${start} bytes for rank ${rank}`,
        'fetch it again',
      ),
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset, start)
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const end = shape.reduce((total, size) => total * size, elements[type].size) + start
  if (!Number.isSafeInteger(end))
    return E.left(
      failure('TooLarge', 4, `the sizes ${shape.join(' x ')} are more than 2^53 bytes`, 'the file is damaged'),
    )
  return E.right({ type, shape, start, end })
}
