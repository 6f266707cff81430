// The gradient by a filter as a product: rows of x, seen from each tap, times rows of dy, summed over all pixels.
import { bound, tilesOver } from './args'
import { outerSum6x8 } from './micro-kernels.generated'
import { PANEL, ROWS } from './sizes'
import { outerSum6x16 } from './wide-kernels.generated'

@unmanaged class FilterGradient {
  x: usize = 0
  dy: usize = 0
  dw: usize = 0
  scratch: usize = 0
  threadBytes: usize = 0 // scratch of one thread: taps * block pointers, `abreast` panels, `together` units
  zeros: usize = 0 // depth floats
  batch: i32 = 0
  rows: i32 = 0
  columns: i32 = 0
  stepY: i32 = 0
  stepX: i32 = 0
  height: i32 = 0
  width: i32 = 0
  depth: i32 = 0
  outDepth: i32 = 0
  taps: i32 = 0
  offsets: usize = 0 // pairs y, x
  groups: i32 = 0
  block: i32 = 0 // pixels
  together: i32 = 0 // units
  abreast: i32 = 0 // panels worked out at once: 1, or 2 where the engine joins vectors
}

// Where the pixels start .. start + count read x at one tap; places outside of the image point to `zeros`.
function tapPointers(args: FilterGradient, tap: i32, start: i32, count: i32, to: usize): void {
  const rows = args.rows, columns = args.columns, height = args.height, width = args.width
  const offsetY = load<i32>(args.offsets + (<usize>tap << 3)), offsetX = load<i32>(args.offsets + (<usize>tap << 3), 4)
  const depthBytes = <usize>args.depth << 2, x = args.x, zeros = <u32>args.zeros
  let column = start % columns
  let row = start / columns
  let image = row / rows
  row -= image * rows
  while (count > 0) {
    const run = min(count, columns - column)
    const y = row * args.stepY + offsetY
    let at = column * args.stepX + offsetX
    const line = x + <usize>((image * height + y) * width) * depthBytes
    const inside = <u32>y < <u32>height
    for (let i = 0; i < run; i++, to += 4, at += args.stepX) {
      store<u32>(to, inside && <u32>at < <u32>width ? <u32>(line + <usize>at * depthBytes) : zeros)
    }
    count -= run
    column = 0
    if (++row == rows) row = 0, image++
  }
}

// Copies six floats a pixel: `from` bytes after where `pointers` say.
function packSix(pointers: usize, count: i32, from: usize, to: usize): void {
  for (; count > 0; count--, pointers += 4, to += 24) {
    const at = <usize>load<u32>(pointers) + from
    v128.store(to, v128.load(at))
    store<u64>(to, load<u64>(at, 16), 16)
  }
}

// Copies one float a pixel, or zeros without pointers, to every sixth place.
function packOne(pointers: usize, count: i32, from: usize, to: usize): void {
  if (!pointers) {
    for (; count > 0; count--, to += 24) store<f32>(to, 0)
    return
  }
  for (; count > 0; count--, pointers += 4, to += 24) store<f32>(to, load<f32>(<usize>load<u32>(pointers) + from))
}

// Copies `width` (1..8) channels of rows of dy, `stride` bytes apart, filled up to eight with zeros.
function packPanel(from: usize, stride: usize, count: i32, width: i32, to: usize): void {
  if (width >= 8) {
    for (; count > 0; count--, from += stride, to += 32) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
    }
    return
  }
  for (; count > 0; count--, from += stride, to += 32) {
    for (let o = 0; o < 8; o++) store<f32>(to + (<usize>o << 2), o < width ? load<f32>(from + (<usize>o << 2)) : <f32>0)
  }
}

/**
 * dw[tap, ci, co] = sum over pixels of x[pixel at tap, ci of the group of co] * dy[pixel, co], in blocks of pixels. Threads share units of
 * six rows (tap, ci) of a group; units and panels are packed for the first cache.
 */
export function filterGradient(args: FilterGradient, piece: i32, pieces: i32, thread: i32): void {
  const dy = args.dy, dw = args.dw
  const depth = args.depth, outDepth = args.outDepth, taps = args.taps, groups = args.groups
  const block = args.block, together = args.together, abreast = args.abreast
  const pixels = args.batch * args.rows * args.columns
  const groupDepth = depth / groups, groupOut = outDepth / groups
  const outBytes = <usize>outDepth << 2, groupBytes = <usize>groupOut << 2
  const inner = taps * groupDepth, unitsOfGroup = tilesOver(inner, ROWS), panels = tilesOver(groupOut, PANEL)
  const first = bound(groups * unitsOfGroup, piece, pieces), end = bound(groups * unitsOfGroup, piece + 1, pieces)
  if (first == end) return

  const pointers = args.scratch + args.threadBytes * thread
  const panelAt = pointers + (<usize>(taps * block) << 2)
  const panelBytes = <usize>block << 5
  const unitsAt = panelAt + <usize>abreast * panelBytes
  const unitBytes = <usize>block * (ROWS * 4)

  // Taps that this thread's units reach.
  const oneGroup = first / unitsOfGroup == (end - 1) / unitsOfGroup
  const firstTap = oneGroup ? first % unitsOfGroup * ROWS / groupDepth : 0
  const endTap = oneGroup ? min(taps, tilesOver(((end - 1) % unitsOfGroup + 1) * ROWS, groupDepth)) : taps

  for (let unit = first; unit < end; unit++) {
    const group = unit / unitsOfGroup, row = (unit - group * unitsOfGroup) * ROWS
    for (let r = row; r < min(row + ROWS, inner); r++) memory.fill(dw + <usize>r * outBytes + <usize>group * groupBytes, 0, groupBytes)
  }
  for (let start = 0; start < pixels; start += block) {
    const count = min(block, pixels - start)
    for (let tap = firstTap; tap < endTap; tap++) tapPointers(args, tap, start, count, pointers + (<usize>(tap * block) << 2))
    for (let from = first; from < end;) {
      const group = from / unitsOfGroup, ofGroup = <usize>(group * groupDepth) << 2
      const stop = min(min(from + together, end), (group + 1) * unitsOfGroup)
      for (let unit = from; unit < stop; unit++) {
        const row = (unit - group * unitsOfGroup) * ROWS
        const tap = row / groupDepth, channel = row - tap * groupDepth
        const to = unitsAt + <usize>(unit - from) * unitBytes
        if (channel + ROWS <= groupDepth) {
          packSix(pointers + (<usize>(tap * block) << 2), count, ofGroup + (<usize>channel << 2), to)
          continue
        }
        for (let r = 0; r < ROWS; r++) {
          const at = (row + r) / groupDepth, c = row + r - at * groupDepth
          packOne(at < taps ? pointers + (<usize>(at * block) << 2) : 0, count, ofGroup + (<usize>c << 2), to + (<usize>r << 2))
        }
      }
      for (let panel = 0, live = 0; panel < panels; panel += live) {
        live = min(abreast, panels - panel)
        const column = <usize>group * groupBytes + (<usize>panel << 5), width = groupOut - (panel << 3)
        for (let p = 0; p < live; p++) {
          packPanel(
            dy + <usize>start * outBytes + column + (<usize>p << 5), outBytes, count, width - (p << 3), panelAt + <usize>p * panelBytes,
          )
        }
        for (let unit = from; unit < stop; unit++) {
          const row = (unit - group * unitsOfGroup) * ROWS
          const unitAt = unitsAt + <usize>(unit - from) * unitBytes, to = dw + <usize>row * outBytes + column
          if (live == 2) outerSum6x16(unitAt, panelAt, panelBytes, count, to, outBytes, inner - row, width)
          else outerSum6x8(unitAt, panelAt, count, to, outBytes, inner - row, width)
        }
      }
      from = stop
    }
  }
}
