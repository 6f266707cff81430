import type { Band, Filter } from './filter.ts'
import { resizeBase64 } from './resize.generated.ts'

/** The routines of `assembly/resize.ts`. */
type Routines = {
  readonly memory: WebAssembly.Memory
  readonly rows1: Rows
  readonly rows3: Rows
  readonly rows4: Rows
  readonly columns: (
    ...args: readonly [
      from: number,
      to: number,
      length: number,
      top: number,
      start: number,
      end: number,
      weights: number,
      count: number,
      taps: number,
    ]
  ) => void
}
type Rows = (
  ...args: readonly [
    from: number,
    to: number,
    rows: number,
    width: number,
    start: number,
    weights: number,
    count: number,
    taps: number,
  ]
) => void

const pageBytes = 2 ** 16
/** Routines read and write in sixteens, so that they go beyond the end of what they are given. */
const margin = 16

/** Places one behind the other for arrays of so many bytes, and the end of the last one. */
const placesOf = (lengths: readonly number[]): readonly number[] => {
  const places = [margin]
  for (const length of lengths) places.push(16 * Math.ceil((places.at(-1)! + length + margin) / 16))
  return places
}

const filterWith =
  ({ memory, rows1, rows3, rows4, columns }: Routines): Filter =>
  ({ data, width, channels, top, across, down }: Band) => {
    const rows = data.length / (width * channels)
    const length = across.start.length * (channels === 1 ? 1 : 3)
    const inputs = [across.start, across.weights, down.start, down.end, down.weights, data]
    const lengths = [...inputs.map((input) => input.byteLength), rows * length, down.start.length * length]
    const places = placesOf(lengths)
    const pages = Math.ceil((places.at(-1)! - memory.buffer.byteLength) / pageBytes)
    if (pages > 0) memory.grow(pages)
    const heap = new Uint8Array(memory.buffer)
    inputs.forEach(({ buffer, byteOffset, byteLength }, i) =>
      heap.set(new Uint8Array(buffer, byteOffset, byteLength), places[i]),
    )
    const [acrossStart, acrossWeights, downStart, downEnd, downWeights, from, between, to] = places as readonly [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const filterRows = { 1: rows1, 3: rows3, 4: rows4 }[channels]
    filterRows(from, between, rows, width, acrossStart, acrossWeights, across.start.length, across.taps)
    columns(between, to, length, top, downStart, downEnd, downWeights, down.start.length, down.taps)
    return heap.slice(to, to + down.start.length * length)
  }

const start = (): Filter | undefined => {
  try {
    const bytes = Uint8Array.from(atob(resizeBase64), (character) => character.charCodeAt(0))
    return filterWith(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Routines)
  } catch {
    // An old engine has no SIMD, and the rules of a page may forbid WebAssembly.
    return undefined
  }
}

let started: { readonly filter: Filter | undefined } | undefined

/** The filter in WebAssembly, on the memory that it keeps; nothing where that cannot be had. */
export const filterBySimd = (): Filter | undefined => (started ??= { filter: start() }).filter
