import type { Image } from './data.ts'

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1
  return crc
})

const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

const adler32 = (bytes: Uint8Array): number => {
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65521
    b = (b + a) % 65521
  }
  return ((b << 16) | a) >>> 0
}

const word = (value: number): readonly number[] => [
  value >>> 24,
  (value >>> 16) & 0xff,
  (value >>> 8) & 0xff,
  value & 0xff,
]

const concat = (parts: readonly ArrayLike<number>[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

const chunk = (type: string, data: ArrayLike<number>): Uint8Array => {
  const named = concat([Array.from(type, (letter) => letter.charCodeAt(0)), data])
  return concat([word(data.length), named, word(crc32(named))])
}

const longestBlock = 0xffff

/** A zlib stream of stored blocks: images of a few hundred pixels would gain little from compression. */
const stored = (bytes: Uint8Array): Uint8Array => {
  const blocks: ArrayLike<number>[] = []
  for (let at = 0; at < bytes.length; at += longestBlock) {
    const block = bytes.subarray(at, at + longestBlock)
    const { length } = block
    const last = at + longestBlock >= bytes.length ? 1 : 0
    blocks.push([last, length & 0xff, length >>> 8, ~length & 0xff, (~length >>> 8) & 0xff], block)
  }
  return concat([[0x78, 0x01], ...blocks, word(adler32(bytes))])
}

/**
 * An image as a PNG file.
 *
 * @see PNG specification (ISO/IEC 15948), RFC 1950, RFC 1951 section 3.2.4
 */
export const encodePng = ({ pixels, height, width, channels }: Image): Uint8Array => {
  const row = width * channels
  if (pixels.length !== height * row)
    throw new RangeError(
      `an image of ${height} x ${width} x ${channels} has ${height * row} bytes, not ${pixels.length}`,
    )
  const lines = Array.from({ length: height }, (_, y) => [[0], pixels.subarray(y * row, (y + 1) * row)]).flat()
  return concat([
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    chunk('IHDR', [...word(width), ...word(height), 8, channels === 1 ? 0 : 2, 0, 0, 0]),
    chunk('IDAT', stored(concat(lines))),
    chunk('IEND', []),
  ])
}

/** An image as the address of an `<img>`. */
export const dataUrl = (image: Image): string =>
  `data:image/png;base64,${btoa(Array.from(encodePng(image), (byte) => String.fromCharCode(byte)).join(''))}`
