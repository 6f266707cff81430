import type { ImageSize } from '../run/trained-net.ts'

/** A map of `height * width` values, row by row. */
export type Heat = { readonly values: Float32Array; readonly height: number; readonly width: number }

/** Bytes of an RGB picture. */
export type Drawn = { readonly data: Uint8Array; readonly width: number; readonly height: number }

/** The longer side of a picture is at least this, so that small ones can be seen. */
const leastSide = 224
const gap = 8

/** From low to high: dark blue, cyan, yellow, red. */
const colours: readonly (readonly [number, number, number])[] = [
  [20, 20, 140],
  [0, 160, 220],
  [120, 210, 120],
  [250, 220, 60],
  [220, 30, 20],
]

const colourOf = (share: number): readonly number[] => {
  const at = Math.min(share, 1) * (colours.length - 1)
  const low = Math.min(Math.floor(at), colours.length - 2)
  return colours[low]!.map((value, c) => value + (at - low) * (colours[low + 1]![c]! - value))
}

/** The value of a map at a place, from 0 to 1 along both sides, between the middles of its pixels. */
const valueAt = ({ values, height, width }: Heat, y: number, x: number): number => {
  const along = (place: number, size: number): readonly [number, number, number] => {
    const at = Math.min(Math.max(place * size - 0.5, 0), size - 1)
    const low = Math.floor(at)
    return [low, Math.min(low + 1, size - 1), at - low]
  }
  const [top, bottom, down] = along(y, height)
  const [left, right, across] = along(x, width)
  const row = (r: number): number => values[r * width + left]! * (1 - across) + values[r * width + right]! * across
  return row(top) * (1 - down) + row(bottom) * down
}

/**
 * A picture as the net takes it, its values from the least to the largest, and beside it the same with a map over it:
 * the higher the value, the less is seen of the picture.
 */
export const overlay = (picture: Float32Array, [height, width, channels]: ImageSize, map: Heat): Drawn => {
  const scale = Math.max(1, Math.ceil(leastSide / Math.max(height, width)))
  const [down, across] = [height * scale, width * scale]
  const total = 2 * across + gap
  const data = new Uint8Array(down * total * 3).fill(255)
  let [least, most] = [Infinity, -Infinity]
  for (const value of picture) [least, most] = [Math.min(least, value), Math.max(most, value)]
  const highest = map.values.reduce((high, value) => Math.max(high, value), 0)
  const range = most > least ? most - least : 1
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels
      const share = highest === 0 ? 0 : valueAt(map, (y + 0.5) / down, (x + 0.5) / across) / highest
      const [colour, cover] = [colourOf(share), 0.25 + 0.45 * share]
      for (let c = 0; c < 3; c++) {
        const shown = (255 * (picture[from + (channels === 1 ? 0 : c)]! - least)) / range
        const to = (y * total + x) * 3 + c
        data[to] = Math.round(shown)
        data[to + (across + gap) * 3] = Math.round(highest === 0 ? shown : shown * (1 - cover) + colour[c]! * cover)
      }
    }
  }
  return { data, width: total, height: down }
}
