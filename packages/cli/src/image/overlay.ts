import type { ImageSize } from '../run/trained-net.ts'

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
 * Draws a picture in a size, with a map over it: the higher the value, the less is seen of the picture.
 *
 * @param map nothing for the picture alone
 */
export const covered = (
  { values, height, width, channels }: Shown,
  map: Heat | undefined,
  [down, across]: readonly [height: number, width: number],
): Drawn => {
  const data = new Uint8Array(down * across * 3)
  const highest = map === undefined ? 0 : map.values.reduce((high, value) => Math.max(high, value), 0)
  // A net that has diverged gives NaN.
  const heat = highest > 0 && Number.isFinite(highest) ? map : undefined
  for (let y = 0; y < down; y++) {
    const row = Math.floor(((y + 0.5) * height) / down)
    for (let x = 0; x < across; x++) {
      const from = (row * width + Math.floor(((x + 0.5) * width) / across)) * channels
      const share = heat === undefined ? 0 : valueAt(heat, (y + 0.5) / down, (x + 0.5) / across) / highest
      const [colour, cover] = [colourOf(share), heat === undefined ? 0 : 0.25 + 0.45 * share]
      for (let c = 0; c < 3; c++) {
        const shown = values[from + (channels === 1 ? 0 : c)]!
        data[(y * across + x) * 3 + c] = Math.round(shown * (1 - cover) + colour[c]! * cover)
      }
    }
  }
  return { data, width: across, height: down }
}

/**
 * A picture as the net takes it, its values from the least to the largest, and beside it the same with a map over it.
 */
export const overlay = (picture: Float32Array, [height, width, channels]: ImageSize, map: Heat): Drawn => {
  const scale = Math.max(1, Math.ceil(leastSide / Math.max(height, width)))
  const size = [height * scale, width * scale] as const
  let [least, most] = [Infinity, -Infinity]
  for (const value of picture) [least, most] = [Math.min(least, value), Math.max(most, value)]
  const range = most > least ? most - least : 1
  const values = Array.from(picture, (value) => (255 * (value - least)) / range)
  const shown = { values, height, width, channels }
  const [down, across] = size
  const total = 2 * across + gap
  const data = new Uint8Array(down * total * 3).fill(255)
  for (const [left, { data: half }] of [
    [0, covered(shown, undefined, size)],
    [across + gap, covered(shown, map, size)],
  ] as const)
    for (let y = 0; y < down; y++) data.set(half.subarray(y * across * 3, (y + 1) * across * 3), (y * total + left) * 3)
  return { data, width: total, height: down }
}
