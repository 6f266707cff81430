import type { Metadata } from 'sharp'

/** What the decoder has to know of a picture before it decodes it. */
export type Header = Pick<Metadata, 'width' | 'height' | 'depth' | 'format' | 'space' | 'channels' | 'compression'>

/** Frames that libjpeg decodes: sequential in two kinds, and progressive. */
const plainFrames = [0xc0, 0xc1, 0xc2]

/** Segments that may come before the frame: tables, intervals, comments and those of applications. */
const mayComeBefore = (marker: number): boolean =>
  marker === 0xc4 || marker === 0xdb || marker === 0xdd || marker === 0xfe || (marker >= 0xe0 && marker <= 0xef)

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
    if (!mayComeBefore(marker)) return undefined
  }
  return undefined
}
