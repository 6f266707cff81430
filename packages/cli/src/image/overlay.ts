import { onWhite, type Pixels, type Window } from '@resfn/preprocessing'

/** A map of `height * width` values, row by row. */
export type Heat = { readonly values: Float32Array; readonly height: number; readonly width: number }

/** A picture of values from 0 to 255. */
export type Shown = {
  readonly values: ArrayLike<number>
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** Bytes of an RGB picture. */
export type Drawn = Pixels & { readonly data: Uint8Array; readonly channels: 3 }

/** The longer side of a picture is at least this, so that small ones can be seen. */
const leastSide = 224
const black: readonly number[] = [0, 0, 0]

/** From low to high: dark blue, cyan, yellow, red. */
const colours: readonly (readonly [number, number, number])[] = [
  [20, 20, 140],
  [0, 160, 220],
  [120, 210, 120],
  [250, 220, 60],
  [220, 30, 20],
]

/** The colour of a value from 0 to 1. */
export const colourOf = (share: number): readonly number[] => {
  const at = Math.min(share, 1) * (colours.length - 1)
  const low = Math.min(Math.floor(at), colours.length - 2)
  return colours[low]!.map((value, c) => value + (at - low) * (colours[low + 1]![c]! - value))
}

/** Of a pixel along a side: the map's values before and behind its middle, and how far it is between them. */
type Along = { readonly before: number; readonly behind: number; readonly share: number }

/** Where the middle of each of `count` pixels falls on a map of `size` values; nothing outside of the map. */
const along = (
  count: number,
  { whole, from, length }: { readonly whole: number; readonly from: number; readonly length: number },
  size: number,
): readonly (Along | undefined)[] =>
  Array.from({ length: count }, (_, pixel) => {
    const place = (((pixel + 0.5) * whole) / count - from) / length
    if (place < 0 || place >= 1) return undefined
    const at = Math.min(Math.max(place * size - 0.5, 0), size - 1)
    const before = Math.floor(at)
    return { before, behind: Math.min(before + 1, size - 1), share: at - before }
  })

/**
 * Draws a picture in a size, with a map over a part of it: the higher the value, the less is seen of the picture.
 *
 * @param map values from 0, in the middles of the equal parts of `place`
 * @param place in pixels of the picture; by default all of it, and parts of it may lie outside
 */
export const covered = (
  { values, height, width, channels }: Shown,
  map: Heat,
  [down, across]: readonly [height: number, width: number],
  place: Window = { top: 0, left: 0, height, width },
): Drawn => {
  const data = new Uint8Array(down * across * 3)
  const highest = map.values.reduce((high, value) => Math.max(high, value), 0)
  // A net that has diverged gives NaN.
  const isMapped = highest > 0 && Number.isFinite(highest)
  const rows = along(down, { whole: height, from: place.top, length: place.height }, map.height)
  const columns = along(across, { whole: width, from: place.left, length: place.width }, map.width)
  const value = (row: number, { before, behind, share }: Along): number =>
    map.values[row * map.width + before]! * (1 - share) + map.values[row * map.width + behind]! * share
  for (let y = 0; y < down; y++) {
    const own = Math.floor(((y + 0.5) * height) / down)
    const row = rows[y]
    for (let x = 0; x < across; x++) {
      const from = (own * width + Math.floor(((x + 0.5) * width) / across)) * channels
      const column = columns[x]
      const isSeen = isMapped && row !== undefined && column !== undefined
      const share = isSeen
        ? (value(row.before, column) * (1 - row.share) + value(row.behind, column) * row.share) / highest
        : 0
      const [colour, cover] = isSeen ? [colourOf(share), 0.25 + 0.45 * share] : [black, 0]
      for (let c = 0; c < 3; c++) {
        const shown = values[from + (channels === 1 ? 0 : c)]!
        data[(y * across + x) * 3 + c] = Math.round(shown * (1 - cover) + colour[c]! * cover)
      }
    }
  }
  return { data, width: across, height: down, channels: 3 }
}

/**
 * A picture in its full size with a map over the rectangle that a net sees of it. What the net does not see stays as it
 * is, and what is transparent is white. Small pictures are enlarged by a whole factor.
 *
 * @param place in pixels of the picture
 */
export const overlay = (picture: Pixels, map: Heat, place: Window): Drawn => {
  const { data, height, width, channels } = onWhite(picture)
  const scale = Math.max(1, Math.ceil(leastSide / Math.max(height, width)))
  return covered({ values: data, height, width, channels }, map, [height * scale, width * scale], place)
}
