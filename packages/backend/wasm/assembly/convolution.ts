import { bound, boundOfSteps, tilesOver } from './args'
import { product6x8 } from './micro-kernels.generated'
import { BLOCK, PANEL, ROWS, SUMS_BYTES } from './sizes'
import { clamp, load4, store8 } from './vectors'
import { product6x16 } from './wide-kernels.generated'

@unmanaged class Pack {
  w: usize = 0
  packed: usize = 0
  tapAt: usize = 0 // byte where the matrix [depth, out] of each tap starts
  taps: i32 = 0
  depth: i32 = 0 // of one group
  outDepth: i32 = 0 // of one group
  groups: i32 = 0
  depthStride: usize = 0
  outStride: usize = 0
  groupStride: usize = 0
}

/**
 * Packs a filter into panels of eight output channels of one group, [groups][ceil(out / 8)][taps * depth][8], zero-filled.
 * The element (group g, row tap * depth + d, column o) is read at
 * w + g * groupStride + tapAt[tap] + d * depthStride + o * outStride (bytes).
 */
export function pack(args: Pack, piece: i32, pieces: i32): void {
  const w = args.w, packed = args.packed, tapAt = args.tapAt
  const taps = args.taps, depth = args.depth, outDepth = args.outDepth
  const depthStride = args.depthStride, outStride = args.outStride
  const panels = tilesOver(outDepth, PANEL)
  const last = bound(args.groups * panels, piece + 1, pieces)
  for (let panel = bound(args.groups * panels, piece, pieces); panel < last; panel++) {
    let to = packed + <usize>panel * taps * depth * 32
    const group = panel / panels
    const first = (panel - group * panels) << 3
    const live = min(8, outDepth - first)
    const ofGroup = w + <usize>group * args.groupStride
    for (let tap = 0; tap < taps; tap++) {
      let from = ofGroup + <usize>load<u32>(tapAt + (<usize>tap << 2)) + <usize>first * outStride
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

@unmanaged class Convolve {
  source: usize = 0
  packed: usize = 0
  bias: usize = 0 // groups * panels * 8 floats
  residual: usize = 0 // added to out, in its layout; or 0
  out: usize = 0
  scratch: usize = 0
  threadBytes: usize = 0 // scratch of one thread
  zeros: usize = 0 // depth floats
  batch: i32 = 0
  rows: i32 = 0
  columns: i32 = 0
  stepY: i32 = 0
  stepX: i32 = 0
  height: i32 = 0
  width: i32 = 0
  depth: i32 = 0
  outHeight: i32 = 0
  outWidth: i32 = 0
  outDepth: i32 = 0
  outStepY: i32 = 0
  outStepX: i32 = 0
  outFirstY: i32 = 0
  outFirstX: i32 = 0
  taps: i32 = 0
  offsets: usize = 0 // pairs y, x
  gather: i32 = 0 // 0, or how many taps are neighbours in the image: their rows are copied together first
  groups: i32 = 0
  abreast: i32 = 0 // panels worked out at once: 1, or 2 where the engine joins vectors
  low: f32 = 0
  high: f32 = 0
}

// sums += part, of one tile and its panels.
function addSums(sums: usize, part: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(sums + at, f32x4.add(v128.load(sums + at), v128.load(part + at)))
}

// Adds the bias to the sums of one tile and one panel, and the residual, which is `apart` bytes from the output unless `residual`
// is 0; clamps them, and stores `count` of eight to each of `live` `outs`, `at` bytes on.
function finish(
  sums: usize, bias: usize, outs: usize, at: usize, count: i32, live: i32, residual: usize, apart: usize, low: v128, high: v128,
): void {
  const bias0 = v128.load(bias), bias1 = v128.load(bias, 16)
  for (let lane = 0; lane < live; lane++, sums += 32, outs += 4) {
    const to = <usize>load<u32>(outs) + at
    let low4 = f32x4.add(v128.load(sums), bias0), high4 = f32x4.add(v128.load(sums, 16), bias1)
    if (residual) {
      low4 = f32x4.add(low4, load4(to + apart, count))
      high4 = f32x4.add(high4, load4(to + apart + 16, count - 4))
    }
    store8(to, clamp(low4, low, high), clamp(high4, low, high), count)
  }
}

// The sums of one tile and one panel, or two.
@inline function multiply(rows: usize, from: usize, depth: i32, b: usize, panelBytes: usize, live: i32, sums: usize): void {
  if (live == 2) product6x16(rows, from, depth, b, panelBytes, sums)
  else product6x8(rows, from, depth, b, sums)
}

/**
 * A gathering convolution: output pixel (n, row * outStep + outFirst, …) of a grid [batch, rows, columns] is the sum
 * over taps of source pixel (n, row * step + offset[tap], …) times the packed filter. Forward convolution is one call;
 * the input gradient is one call per residue of the stride. The channels of an output's group alone are read.
 */
export function convolve(args: Convolve, piece: i32, pieces: i32, thread: i32): void {
  const source = args.source, packed = args.packed, bias = args.bias, out = args.out
  const zeros = args.zeros
  const batch = args.batch, rows = args.rows, columns = args.columns, stepY = args.stepY, stepX = args.stepX
  const height = args.height, width = args.width, depth = args.depth
  const outHeight = args.outHeight, outWidth = args.outWidth, outDepth = args.outDepth
  const outStepY = args.outStepY, outStepX = args.outStepX, outFirstY = args.outFirstY, outFirstX = args.outFirstX
  const taps = args.taps, offsets = args.offsets, gather = args.gather
  const low = f32x4.splat(args.low), high = f32x4.splat(args.high)

  // Scratch of this thread: sums, row pointers, output pointers, gathered rows.
  const abreast = args.abreast
  const sums = args.scratch + args.threadBytes * thread, part = sums + <usize>(abreast * SUMS_BYTES)
  const pointers = part + <usize>(abreast * SUMS_BYTES)
  const outs = pointers + <usize>(BLOCK * ROWS * 4) * taps
  const gathered = outs + <usize>(BLOCK * ROWS * 4)
  const residual = args.residual, apart = residual - out

  const pixels = batch * rows * columns
  const tiles = tilesOver(pixels, ROWS)
  const end = boundOfSteps(tiles, BLOCK, piece + 1, pieces)
  const groups = args.groups
  const groupDepth = depth / groups, groupOut = outDepth / groups
  const panels = tilesOver(groupOut, PANEL)
  const inner = gather ? taps * depth : groupDepth
  const innerTaps = gather ? 1 : taps
  const panelBytes = <usize>taps * groupDepth * 32
  const depthBytes = <usize>depth * 4, outDepthBytes = <usize>outDepth * 4

  for (let start = boundOfSteps(tiles, BLOCK, piece, pieces); start < end; start += BLOCK) {
    const blocks = min(BLOCK, end - start)
    let pixel = start * ROWS
    let column = pixel % columns
    let row = pixel / columns
    let image = row / rows
    row -= image * rows
    for (let tile = 0; tile < blocks; tile++) {
      for (let lane = 0; lane < ROWS; lane++, pixel++) {
        const outAt = outs + (<usize>(tile * ROWS + lane) << 2)
        const rowAt = pointers + (<usize>(tile * ROWS * innerTaps + lane) << 2)
        if (pixel >= pixels) {
          for (let tap = 0; tap < innerTaps; tap++) store<u32>(rowAt + <usize>tap * 24, <u32>(gather ? gathered : zeros))
          continue
        }
        const y = outFirstY + row * outStepY, x = outFirstX + column * outStepX
        store<u32>(outAt, <u32>(out + <usize>((image * outHeight + y) * outWidth + x) * outDepthBytes))
        const top = row * stepY, left = column * stepX
        const base = image * height
        if (gather) {
          const to = gathered + <usize>(tile * ROWS + lane) * inner * 4
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
    let b = packed, biasAt = bias
    for (let group = 0; group < groups; group++) {
      const from = <usize>(group * groupDepth) << 2
      for (let panel = 0, live = 0; panel < panels; panel += live, b += <usize>live * panelBytes, biasAt += <usize>live << 5) {
        live = min(abreast, panels - panel)
        for (let tile = 0; tile < blocks; tile++) {
          const tileRows = pointers + <usize>(tile * innerTaps) * 24
          multiply(tileRows, from, inner, b, panelBytes, live, sums)
          for (let tap = 1; tap < innerTaps; tap++) {
            multiply(tileRows + <usize>tap * 24, from, inner, b + (<usize>(tap * inner) << 5), panelBytes, live, part)
            addSums(sums, part, <usize>(live * SUMS_BYTES))
          }
          const liveRows = min(ROWS, pixels - (start + tile) * ROWS)
          for (let p = 0; p < live; p++) {
            const column = (panel + p) << 3
            finish(
              sums + <usize>(p * SUMS_BYTES), biasAt + (<usize>p << 5), outs + <usize>tile * 24, <usize>(group * groupOut + column) << 2,
              groupOut - column, liveRows, residual, apart, low, high,
            )
          }
        }
      }
    }
  }
}

@unmanaged class PadRows {
  from: usize = 0
  to: usize = 0
  rows: i32 = 0
  width: i32 = 0
  stride: i32 = 0
}

/** Copies rows of `width` floats to rows of `stride` floats, filling up with zeros. */
export function padRows(args: PadRows, piece: i32, pieces: i32): void {
  const width = args.width, stride = args.stride
  const end = bound(args.rows, piece + 1, pieces)
  for (let row = bound(args.rows, piece, pieces); row < end; row++) {
    const from = args.from + <usize>(row * width) * 4, to = args.to + <usize>(row * stride) * 4
    memory.copy(to, from, <usize>width * 4)
    memory.fill(to + <usize>width * 4, 0, <usize>(stride - width) * 4)
  }
}
