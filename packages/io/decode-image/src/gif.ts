/** What a GIF says of its first frame, as far as the decoder loses it. */
export type FirstFrame = {
  /** The place of the byte whose lowest bit says that one colour is transparent; -1 if none is. */
  readonly keyAt: number
  /** The rectangle that the frame fills; the picture may be larger. */
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
  /** The colour around the rectangle, as Pillow has it: that of the transparent index, or else of index 0. */
  readonly around: readonly [red: number, green: number, blue: number]
}

/**
 * Reads the header of a GIF up to its first frame; nothing if there is none.
 *
 * @see GIF89a, sections 17 to 23; Pillow, `GifImagePlugin.py`, `load_prepare`
 */
export const firstFrame = (bytes: Uint8Array): FirstFrame | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const colours = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  let at = 13 + colours(bytes[10] ?? 0)
  let [keyAt, key] = [-1, 0]
  while (bytes[at] === 0x21) {
    if (bytes[at + 1] === 0xf9 && bytes[at + 3]! & 1) [keyAt, key] = [at + 3, bytes[at + 6]!]
    at += 2
    while (bytes[at]) at += bytes[at]! + 1
    at += 1
  }
  if (bytes[at] !== 0x2c || at + 10 > bytes.length) return undefined
  const own = colours(bytes[at + 9]!)
  const palette = own > 0 ? at + 10 : 13
  const entry = palette + 3 * key
  const known = entry + 3 <= palette + (own > 0 ? own : colours(bytes[10]!)) && entry + 3 <= bytes.length
  return {
    keyAt,
    left: view.getUint16(at + 1, true),
    top: view.getUint16(at + 3, true),
    width: view.getUint16(at + 5, true),
    height: view.getUint16(at + 7, true),
    around: known ? [bytes[entry]!, bytes[entry + 1]!, bytes[entry + 2]!] : [key, key, key],
  }
}
