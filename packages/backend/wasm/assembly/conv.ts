import { outer4x8, tile6x8 } from './gemm'

// First index of part `part` of `parts` when `count` things are dealt in runs that differ by at most one.
export function bound(count: i32, part: i32, parts: i32): i32 {
  return <i32>((<i64>count * part) / parts)
}

function arg(args: usize, index: i32): i32 {
  return load<i32>(args + (<usize>index << 2))
}

/**
 * Packs a filter into panels of eight output channels, [ceil(out / 8)][taps * depth][8], zero-filled.
 * The element (row tap * depth + d, column o) is read at w + tapAt[tap] + d * depthStride + o * outStride (bytes).
 * args: w, packed, tapAt, taps, depth, out, depthStride, outStride
 */
export function pack(args: usize, thread: i32, threads: i32): void {
  const w = <usize>arg(args, 0), packed = <usize>arg(args, 1), tapAt = <usize>arg(args, 2)
  const taps = arg(args, 3), depth = arg(args, 4), out = arg(args, 5)
  const depthStride = <usize>arg(args, 6), outStride = <usize>arg(args, 7)
  const panels = (out + 7) >> 3
  const last = bound(panels, thread + 1, threads)
  for (let panel = bound(panels, thread, threads); panel < last; panel++) {
    let to = packed + <usize>panel * taps * depth * 32
    const first = panel << 3
    const live = min(8, out - first)
    for (let tap = 0; tap < taps; tap++) {
      let from = w + <usize>load<u32>(tapAt + (<usize>tap << 2)) + <usize>first * outStride
      if (live == 8 && outStride == 4) {
        for (let d = 0; d < depth; d++, from += depthStride, to += 32) {
          v128.store(to, v128.load(from))
          v128.store(to, v128.load(from, 16), 16)
        }
      } else if (live == 8) {
        for (let d = 0; d < depth; d++, from += depthStride, to += 32) {
          let at = from
          store<f32>(to, load<f32>(at)), at += outStride
          store<f32>(to, load<f32>(at), 4), at += outStride
          store<f32>(to, load<f32>(at), 8), at += outStride
          store<f32>(to, load<f32>(at), 12), at += outStride
          store<f32>(to, load<f32>(at), 16), at += outStride
          store<f32>(to, load<f32>(at), 20), at += outStride
          store<f32>(to, load<f32>(at), 24), at += outStride
          store<f32>(to, load<f32>(at), 28)
        }
      } else {
        for (let d = 0; d < depth; d++, from += depthStride, to += 32) {
          for (let o = 0; o < 8; o++) {
            store<f32>(to + (<usize>o << 2), o < live ? load<f32>(from + <usize>o * outStride) : <f32>0)
          }
        }
      }
    }
  }
}

// Tiles of six pixels that share one pass over all panels: their rows stay in the first two caches.
const BLOCK = 16

// Copies `count` floats.
function copy(to: usize, from: usize, count: i32): void {
  for (; count >= 4; count -= 4, to += 16, from += 16) v128.store(to, v128.load(from))
  for (; count > 0; count--, to += 4, from += 4) store<f32>(to, load<f32>(from))
}

// One output pixel's row of the matrix that the filter is multiplied with: taps * depth floats, zero outside of the image.
// Runs of `run` taps that are neighbours in the image (a row of an undilated filter) are copied at once.
function gatherRow(
  to: usize, image: usize, top: i32, left: i32, height: i32, width: i32, depth: i32, taps: i32, run: i32, offsets: usize,
): void {
  const depthBytes = <usize>depth << 2
  for (let tap = 0; tap < taps; tap += run) {
    const y = top + load<i32>(offsets + (<usize>tap << 3)), x = left + load<i32>(offsets + (<usize>tap << 3), 4)
    if (<u32>y < <u32>height && x >= 0 && x + run <= width) {
      copy(to, image + <usize>(y * width + x) * depthBytes, run * depth)
      to += depthBytes * run
      continue
    }
    for (let t = 0; t < run; t++, to += depthBytes) {
      if (<u32>y < <u32>height && <u32>(x + t) < <u32>width) copy(to, image + <usize>(y * width + x + t) * depthBytes, depth)
      else for (let d: usize = 0; d < depthBytes; d += 4) store<f32>(to + d, 0)
    }
  }
}

/**
 * A gathering convolution: output pixel (n, row * outStep + outFirst, …) of a grid [batch, rows, columns] is the sum
 * over taps of source pixel (n, row * step + offset[tap], …) times the packed filter. Forward convolution is one call;
 * the input gradient is one call per residue of the stride.
 * args: 0 source, 1 packed, 2 bias (panels * 8 floats), 3 out, 4 scratch, 5 scratch bytes a thread, 6 zeros (depth floats),
 * 7 batch, 8 rows, 9 columns, 10 stepY, 11 stepX, 12 height, 13 width, 14 depth, 15 outHeight, 16 outWidth, 17 outDepth,
 * 18 outStepY, 19 outStepX, 20 outFirstY, 21 outFirstX, 22 taps, 23 offsets (pairs y, x), 24 gather (0, or how many taps are
 * neighbours in the image: their rows are copied together first), 25 low, 26 high (f32)
 */
export function convolve(args: usize, thread: i32, threads: i32): void {
  const source = <usize>arg(args, 0), packed = <usize>arg(args, 1), bias = <usize>arg(args, 2), out = <usize>arg(args, 3)
  const zeros = <usize>arg(args, 6)
  const batch = arg(args, 7), rows = arg(args, 8), columns = arg(args, 9), stepY = arg(args, 10), stepX = arg(args, 11)
  const height = arg(args, 12), width = arg(args, 13), depth = arg(args, 14)
  const outHeight = arg(args, 15), outWidth = arg(args, 16), outDepth = arg(args, 17)
  const outStepY = arg(args, 18), outStepX = arg(args, 19), outFirstY = arg(args, 20), outFirstX = arg(args, 21)
  const taps = arg(args, 22), offsets = <usize>arg(args, 23), gather = arg(args, 24)
  const low = v128.load_splat<f32>(args, 25 * 4), high = v128.load_splat<f32>(args, 26 * 4)

  // Scratch of this thread: row pointers, output pointers, a row for outputs that do not exist, gathered rows.
  const pointers = <usize>arg(args, 4) + <usize>arg(args, 5) * thread
  const outs = pointers + <usize>(BLOCK * 24) * taps
  const spare = outs + BLOCK * 24
  const gathered = spare + ((<usize>outDepth * 4 + 15) & ~15)

  const pixels = batch * rows * columns
  const tiles = (pixels + 5) / 6
  const end = bound(tiles, thread + 1, threads)
  const panels = (outDepth + 7) >> 3
  const inner = gather ? taps * depth : depth
  const innerTaps = gather ? 1 : taps
  const panelBytes = <usize>taps * depth * 32
  const depthBytes = <usize>depth * 4, outDepthBytes = <usize>outDepth * 4

  for (let start = bound(tiles, thread, threads); start < end; start += BLOCK) {
    const blocks = min(BLOCK, end - start)
    let pixel = start * 6
    let column = pixel % columns
    let row = pixel / columns
    let image = row / rows
    row -= image * rows
    for (let tile = 0; tile < blocks; tile++) {
      for (let lane = 0; lane < 6; lane++, pixel++) {
        const outAt = outs + (<usize>(tile * 6 + lane) << 2)
        const rowAt = pointers + (<usize>(tile * 6 * innerTaps + lane) << 2)
        if (pixel >= pixels) {
          store<u32>(outAt, <u32>spare)
          for (let tap = 0; tap < innerTaps; tap++) store<u32>(rowAt + <usize>tap * 24, <u32>(gather ? gathered : zeros))
          continue
        }
        const y = outFirstY + row * outStepY, x = outFirstX + column * outStepX
        store<u32>(outAt, <u32>(out + <usize>((image * outHeight + y) * outWidth + x) * outDepthBytes))
        const top = row * stepY, left = column * stepX
        const base = image * height
        if (gather) {
          const to = gathered + <usize>(tile * 6 + lane) * inner * 4
          store<u32>(rowAt, <u32>to)
          gatherRow(to, source + <usize>(base * width) * depthBytes, top, left, height, width, depth, taps, gather, offsets)
        } else {
          for (let tap = 0; tap < taps; tap++) {
            const sy = top + load<i32>(offsets + (<usize>tap << 3)), sx = left + load<i32>(offsets + (<usize>tap << 3), 4)
            store<u32>(
              rowAt + <usize>tap * 24,
              <u32>(<u32>sy < <u32>height && <u32>sx < <u32>width ? source + <usize>((base + sy) * width + sx) * depthBytes : zeros),
            )
          }
        }
        if (++column == columns) {
          column = 0
          if (++row == rows) row = 0, image++
        }
      }
    }
    for (let panel = 0; panel < panels; panel++) {
      const b = packed + <usize>panel * panelBytes
      const count = outDepth - (panel << 3)
      for (let tile = 0; tile < blocks; tile++) {
        tile6x8(
          pointers + <usize>(tile * innerTaps) * 24, innerTaps, inner, b, bias + (<usize>panel << 5),
          outs + <usize>tile * 24, <usize>panel << 5, count, low, high,
        )
      }
    }
  }
}

/**
 * The filter gradient: dw[tap, ci, co] = sum over pixels of x[pixel at tap, ci] * dy[pixel, co], in blocks of pixels.
 * Threads share the rows (tap, ci) of dw in fours. dy rows have `dyStride` bytes and a width that is a multiple of eight.
 * args: 0 x, 1 dy, 2 dw, 3 scratch, 4 scratch bytes a thread, 5 dyStride, 6 batch, 7 rows, 8 columns, 9 stepY, 10 stepX,
 * 11 height, 12 width, 13 depth, 14 outDepth, 15 taps, 16 offsets, 17 gather (as in convolve), 18 block
 */
export function filterGradient(args: usize, thread: i32, threads: i32): void {
  const x = <usize>arg(args, 0), dy = <usize>arg(args, 1), dw = <usize>arg(args, 2), dyStride = <usize>arg(args, 5)
  const pairs = <usize>arg(args, 3) + <usize>arg(args, 4) * thread
  const batch = arg(args, 6), rows = arg(args, 7), columns = arg(args, 8), stepY = arg(args, 9), stepX = arg(args, 10)
  const height = arg(args, 11), width = arg(args, 12), depth = arg(args, 13), outDepth = arg(args, 14)
  const taps = arg(args, 15), offsets = <usize>arg(args, 16), gather = arg(args, 17), block = arg(args, 18)
  const pixels = batch * rows * columns
  const depthBytes = <usize>depth * 4, outBytes = <usize>outDepth * 4
  const inner = gather ? taps * depth : depth
  const groups = (inner + 3) >> 2
  const innerTaps = gather ? 1 : taps
  const first = bound(groups * innerTaps, thread, threads), end = bound(groups * innerTaps, thread + 1, threads)
  const gathered = pairs + <usize>block * 8
  const gatheredStride = <usize>groups * 16
  const panels = (outDepth + 7) >> 3
  if (first == end) return
  for (let unit = first; unit < end; unit++) {
    const tap = unit / groups, at = (unit - tap * groups) << 2
    memory.fill(dw + <usize>(tap * inner + at) * outBytes, 0, <usize>min(4, inner - at) * outBytes)
  }
  for (let start = 0; start < pixels; start += block) {
    const stop = min(pixels, start + block)
    let unit = first
    while (unit < end) {
      const tap = unit / groups
      const offsetY = load<i32>(offsets + (<usize>tap << 3)), offsetX = load<i32>(offsets + (<usize>tap << 3), 4)
      let count = 0
      let column = start % columns
      let row = start / columns
      let image = row / rows
      row -= image * rows
      for (let pixel = start; pixel < stop; pixel++) {
        if (gather) {
          let to = gathered + <usize>(pixel - start) * gatheredStride
          const next = to + gatheredStride
          store<u32>(pairs + (<usize>count << 3), <u32>to)
          store<u32>(pairs + (<usize>count << 3), <u32>(dy + <usize>pixel * dyStride), 4)
          count++
          gatherRow(
            to, x + <usize>(image * height * width) * depthBytes, row * stepY, column * stepX, height, width, depth, taps, gather, offsets,
          )
          to += <usize>(taps * depth) << 2
          for (; to < next; to += 4) store<f32>(to, 0)
        } else {
          const sy = row * stepY + offsetY, sx = column * stepX + offsetX
          if (<u32>sy < <u32>height && <u32>sx < <u32>width) {
            store<u32>(pairs + (<usize>count << 3), <u32>(x + <usize>((image * height + sy) * width + sx) * depthBytes))
            store<u32>(pairs + (<usize>count << 3), <u32>(dy + <usize>pixel * dyStride), 4)
            count++
          }
        }
        if (++column == columns) {
          column = 0
          if (++row == rows) row = 0, image++
        }
      }
      for (; unit < end && unit / groups == tap; unit++) {
        const at = (unit - tap * groups) << 2
        const to = dw + <usize>(tap * inner + at) * outBytes
        for (let panel = 0; panel < panels; panel++) {
          outer4x8(
            pairs, count, <usize>at << 2, <usize>panel << 5, to + (<usize>panel << 5), outBytes, inner - at, outDepth - (panel << 3),
          )
        }
      }
    }
  }
}

/** Copies rows of `width` floats to rows of `stride` floats, filling up with zeros. args: from, to, rows, width, stride */
export function padRows(args: usize, thread: i32, threads: i32): void {
  const width = arg(args, 3), stride = arg(args, 4)
  const end = bound(arg(args, 2), thread + 1, threads)
  for (let row = bound(arg(args, 2), thread, threads); row < end; row++) {
    const from = <usize>arg(args, 0) + <usize>(row * width) * 4, to = <usize>arg(args, 1) + <usize>(row * stride) * 4
    memory.copy(to, from, <usize>width * 4)
    memory.fill(to + <usize>width * 4, 0, <usize>(stride - width) * 4)
  }
}
