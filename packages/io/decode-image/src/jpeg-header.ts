import type { Metadata } from 'sharp'

/** What the decoder has to know of a picture before it decodes it. */
export type Header = Pick<
  Metadata,
  'width' | 'height' | 'depth' | 'format' | 'space' | 'channels' | 'compression' | 'orientation' | 'xmp'
>

/** Frames that libjpeg decodes: sequential in two kinds, and progressive. */
const plainFrames = [0xc0, 0xc1, 0xc2]

/** Segments that may come before the frame: tables, intervals, comments and those of applications. */
const mayComeBefore = (marker: number): boolean =>
  marker === 0xc4 || marker === 0xdb || marker === 0xdd || marker === 0xfe || (marker >= 0xe0 && marker <= 0xef)

/** How the segment of XMP begins, after its length. */
const xmpName = 'http://ns.adobe.com/xap/1.0/\0'

/** Whether a segment is XMP, which may say how the picture is turned. */
const isXmp = (bytes: Uint8Array, marker: number, at: number): boolean =>
  marker === 0xe1 && bytes[at] === 0x68 && String.fromCharCode(...bytes.subarray(at, at + xmpName.length)) === xmpName

/**
 * The header of a plain JPEG, grey or in three colours of 8 bits; nothing where only libvips can tell. It takes a
 * hundredth of the time that libvips takes.
 *
 * @see ITU-T T.81, annex B
 */
export const jpegHeader = (bytes: Uint8Array): Header | undefined => {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined
  const number = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff; at += 2 + number(at + 2)) {
    const marker = bytes[at + 1]!
    if (plainFrames.includes(marker)) {
      const [precision, height, width, channels] = [bytes[at + 4]!, number(at + 5), number(at + 7), bytes[at + 9]!]
      if (precision !== 8 || height === 0 || width === 0 || (channels !== 1 && channels !== 3)) return undefined
      return { width, height, depth: 'uchar', format: 'jpeg', space: channels === 1 ? 'b-w' : 'srgb', channels }
    }
    if (!mayComeBefore(marker) || isXmp(bytes, marker, at + 4)) return undefined
  }
  return undefined
}
