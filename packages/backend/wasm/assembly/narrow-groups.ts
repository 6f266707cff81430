// 3x3 convolutions in groups of four or eight channels, too few for the products of the other routines: they are worked out
// along the rows of an image, where a number that is loaded once serves the three taps of a row.
import { bound, tilesOver } from './args'
import {
  rowSums3x4, slideStride1Depth4, slideStride1Depth8, slideStride2Depth4, slideStride2Depth8,
} from './row-kernels.generated'
import { RUN } from './sizes'

@unmanaged class PackNarrow {
  w: usize = 0
  packed: usize = 0
  tapAt: usize = 0 // nine byte offsets, row-major
  depth: i32 = 0 // of one group
  outDepth: i32 = 0 // of one group, a multiple of 4
  groups: i32 = 0
  depthStride: usize = 0
  outStride: usize = 0
  groupStride: usize = 0
}

/** Packs a filter for `narrowGroups`: [groups][outDepth / 4][3 rows][depth][3 columns][4]. */
export function packNarrow(args: PackNarrow, piece: i32, pieces: i32): void {
  const depth = args.depth, quarters = args.outDepth >> 2, tapAt = args.tapAt, outStride = args.outStride
  const end = bound(args.groups * quarters, piece + 1, pieces)
  for (let unit = bound(args.groups * quarters, piece, pieces); unit < end; unit++) {
    const group = unit / quarters
    const from = args.w + <usize>group * args.groupStride + <usize>((unit - group * quarters) << 2) * outStride
    let to = args.packed + <usize>(unit * depth * 9) * 16
    for (let row = 0; row < 3; row++) {
      for (let d = 0; d < depth; d++) {
        for (let column = 0; column < 3; column++, to += 16) {
          const at = from + <usize>load<u32>(tapAt + (<usize>(row * 3 + column) << 2)) + <usize>d * args.depthStride
          for (let o: usize = 0; o < 4; o++) store<f32>(to + (o << 2), load<f32>(at + o * outStride))
        }
      }
    }
  }
}

// Copies the channels of `live` groups of a row's pixels, each group to a band of its own.
function copyGroups(to: usize, from: usize, pixels: i32, pixelBytes: usize, bandBytes: usize, groupBytes: usize, live: i32): void {
  if (groupBytes == 16 && live == 4) {
    let to1 = to + bandBytes, to2 = to1 + bandBytes, to3 = to2 + bandBytes
    for (; pixels > 0; pixels--, from += pixelBytes, to += 16, to1 += 16, to2 += 16, to3 += 16) {
      v128.store(to, v128.load(from)), v128.store(to1, v128.load(from, 16))
      v128.store(to2, v128.load(from, 32)), v128.store(to3, v128.load(from, 48))
    }
    return
  }
  for (let g = 0; g < live; g++, to += bandBytes, from += groupBytes) {
    let at = to, pixel = from
    for (let i = 0; i < pixels; i++, pixel += pixelBytes, at += groupBytes) {
      v128.store(at, v128.load(pixel))
      if (groupBytes == 32) v128.store(at, v128.load(pixel, 16), 16)
    }
  }
}

@unmanaged class NarrowGroups {
  source: usize = 0
  packed: usize = 0
  bias: usize = 0 // outDepth floats
  out: usize = 0
  scratch: usize = 0
  threadBytes: usize = 0 // scratch of one thread: a band of source rows of one cache line of channels
  batch: i32 = 0
  height: i32 = 0
  width: i32 = 0
  depth: i32 = 0
  outHeight: i32 = 0
  outWidth: i32 = 0
  outDepth: i32 = 0
  groups: i32 = 0
  stride: i32 = 0 // 1 or 2
  top: i32 = 0 // source row of output 0
  left: i32 = 0 // source column of output 0
  band: i32 = 0 // output rows
  low: f32 = 0
  high: f32 = 0
}

/**
 * The convolution, band by band: the source rows of some groups are copied with their padding, then RUN outputs of a row at a
 * time are worked out. Threads share the bands of all images.
 */
export function narrowGroups(args: NarrowGroups, piece: i32, pieces: i32, thread: i32): void {
  const height = args.height, width = args.width, depth = args.depth, stride = args.stride, band = args.band
  const outHeight = args.outHeight, outWidth = args.outWidth, outDepth = args.outDepth, groups = args.groups
  const top = args.top, left = args.left, bias = args.bias
  const groupDepth = depth / groups, quarters = outDepth / groups >> 2
  const depthBytes = <usize>depth << 2, groupBytes = <usize>groupDepth << 2, outBytes = <usize>outDepth << 2
  const low = f32x4.splat(args.low), high = f32x4.splat(args.high)
  const rows = args.scratch + args.threadBytes * thread
  const columns = (tilesOver(outWidth, RUN) * RUN - 1) * stride + 3
  const rowBytes = <usize>columns * groupBytes
  const bandBytes = <usize>((band - 1) * stride + 3) * rowBytes
  const filterBytes = <usize>(groupDepth * 9) * 16
  // A cache line of channels is copied together.
  const together = max(1, 16 / groupDepth)
  const first = max(0, -left), last = min(columns, width - left)
  const bands = tilesOver(outHeight, band)
  const end = bound(args.batch * bands, piece + 1, pieces)
  for (let unit = bound(args.batch * bands, piece, pieces); unit < end; unit++) {
    const image = unit / bands, firstRow = (unit - image * bands) * band
    const outRows = min(band, outHeight - firstRow)
    const sourceRows = (outRows - 1) * stride + 3, sourceTop = firstRow * stride + top
    for (let start = 0; start < groups; start += together) {
      const live = min(together, groups - start)
      for (let row = 0; row < sourceRows; row++) {
        const y = sourceTop + row
        const to = rows + <usize>row * rowBytes
        if (<u32>y >= <u32>height || last <= first) {
          for (let g = 0; g < live; g++) memory.fill(to + <usize>g * bandBytes, 0, rowBytes)
          continue
        }
        for (let g = 0; g < live; g++) {
          memory.fill(to + <usize>g * bandBytes, 0, <usize>first * groupBytes)
          memory.fill(to + <usize>g * bandBytes + <usize>last * groupBytes, 0, <usize>(columns - last) * groupBytes)
        }
        const from = args.source + <usize>((image * height + y) * width + first + left) * depthBytes + <usize>start * groupBytes
        copyGroups(to + <usize>first * groupBytes, from, last - first, depthBytes, bandBytes, groupBytes, live)
      }
      for (let g = 0; g < live; g++) {
        for (let quarter = 0; quarter < quarters; quarter++) {
          const inAll = (start + g) * quarters + quarter
          const b = args.packed + <usize>inAll * filterBytes
          const ofBias = v128.load(bias + (<usize>inAll << 4))
          for (let row = 0; row < outRows; row++) {
            const a = rows + <usize>g * bandBytes + <usize>(row * stride) * rowBytes
            const to = args.out + <usize>((image * outHeight + firstRow + row) * outWidth) * outBytes + (<usize>inAll << 4)
            for (let column = 0; column < outWidth; column += RUN) {
              const at = a + <usize>(column * stride) * groupBytes, count = outWidth - column
              const y = to + <usize>column * outBytes
              if (groupDepth == 4) {
                if (stride == 1) slideStride1Depth4(at, rowBytes, b, ofBias, y, outBytes, count, low, high)
                else slideStride2Depth4(at, rowBytes, b, ofBias, y, outBytes, count, low, high)
              } else {
                if (stride == 1) slideStride1Depth8(at, rowBytes, b, ofBias, y, outBytes, count, low, high)
                else slideStride2Depth8(at, rowBytes, b, ofBias, y, outBytes, count, low, high)
              }
            }
          }
        }
      }
    }
  }
}

@unmanaged class NarrowFilterGradient {
  x: usize = 0
  dy: usize = 0
  dw: usize = 0
  scratch: usize = 0
  threadBytes: usize = 0 // scratch of one thread: the sums of its units, and three pixels
  batch: i32 = 0
  height: i32 = 0
  width: i32 = 0
  depth: i32 = 0
  outHeight: i32 = 0
  outWidth: i32 = 0
  outDepth: i32 = 0
  groups: i32 = 0
  stride: i32 = 0
  top: i32 = 0
  left: i32 = 0
  band: i32 = 0 // output rows
}

/**
 * The filter gradient of a 3x3 convolution in groups, in units of four input by four output channels, which threads share. Bands
 * of rows stay in the cache for all units.
 */
export function narrowFilterGradient(args: NarrowFilterGradient, piece: i32, pieces: i32, thread: i32): void {
  const height = args.height, width = args.width, outHeight = args.outHeight, outWidth = args.outWidth
  const stride = args.stride, top = args.top, left = args.left, band = args.band
  const depthBytes = <usize>args.depth << 2, outBytes = <usize>args.outDepth << 2
  const groupDepth = args.depth / args.groups, groupOut = args.outDepth / args.groups
  const fours = groupDepth >> 2, quarters = groupOut >> 2, units = args.groups * fours * quarters
  const first = bound(units, piece, pieces), end = bound(units, piece + 1, pieces)
  // The sums of a unit: three rows and three columns of taps, four input channels, vectors of four output channels.
  const unitBytes: usize = 9 * 64
  const pixels = args.scratch + args.threadBytes * thread, sums = pixels + 48
  memory.fill(sums, 0, <usize>(end - first) * unitBytes)
  // Outputs from `inner` to `outer` have all three taps in the image.
  const inner = min(outWidth, max(0, (-left + stride - 1) / stride))
  const outer = max(inner, min(outWidth, tilesOver(max(0, width - left - 2), stride)))
  const bands = tilesOver(outHeight, band)
  for (let part = 0; part < args.batch * bands; part++) {
    const image = part / bands, firstRow = (part - image * bands) * band
    const lastRow = min(outHeight, firstRow + band)
    for (let unit = first; unit < end; unit++) {
      const inAll = unit / quarters, group = inAll / fours
      const xAt = args.x + (<usize>inAll << 4), dyAt = args.dy + (<usize>(group * quarters + unit - inAll * quarters) << 4)
      for (let tap = 0; tap < 3; tap++) {
        const c = sums + <usize>(unit - first) * unitBytes + <usize>tap * 192
        for (let row = firstRow; row < lastRow; row++) {
          const y = row * stride + top + tap
          if (<u32>y >= <u32>height) continue
          const xRow = xAt + <usize>((image * height + y) * width) * depthBytes
          const dyRow = dyAt + <usize>((image * outHeight + row) * outWidth) * outBytes
          for (let column = 0; column < outWidth; column++) {
            if (column == inner && outer > inner) {
              rowSums3x4(
                xRow + <usize>(column * stride + left) * depthBytes, <usize>stride * depthBytes, depthBytes,
                dyRow + <usize>column * outBytes, outBytes, outer - inner, c,
              )
              column = outer - 1
              continue
            }
            for (let t = 0; t < 3; t++) {
              const x = column * stride + left + t
              v128.store(pixels + (<usize>t << 4), <u32>x < <u32>width ? v128.load(xRow + <usize>x * depthBytes) : f32x4.splat(0))
            }
            rowSums3x4(pixels, 0, 16, dyRow + <usize>column * outBytes, outBytes, 1, c)
          }
        }
      }
    }
  }
  for (let unit = first; unit < end; unit++) {
    const inAll = unit / quarters, group = inAll / fours, four = inAll - group * fours
    const o = group * groupOut + ((unit - inAll * quarters) << 2)
    let from = sums + <usize>(unit - first) * unitBytes
    for (let tap = 0; tap < 9; tap++) {
      let to = args.dw + <usize>(tap * groupDepth + (four << 2)) * outBytes + (<usize>o << 2)
      for (let c = 0; c < 4; c++, from += 16, to += outBytes) v128.store(to, v128.load(from))
    }
  }
}
