// Winograd's minimal filtering F(4x4, 3x3) with the points 0, 1, -1, 2, -2 and infinity (Lavin & Gray, 2016, section 4.3):
// a 4x4 tile of outputs takes 36 products a channel pair instead of 144. The filter gradient is in winograd-gradient.ts.
import { bound } from './conv'
import { clamp, madd } from './gemm'
import { arg, inputTransform, POINTS, tilePointers } from './winograd-source'

/**
 * Transforms a filter into panels: out[point][panel][depth][8]. args: w, out, tapAt (9 byte offsets, row-major), depth,
 * outDepth (a multiple of 8), depthStride, outStride, pointStride (bytes)
 */
export function winogradFilter(args: usize, thread: i32, threads: i32): void {
  const w = <usize>arg(args, 0), out = <usize>arg(args, 1), tapAt = <usize>arg(args, 2)
  const depth = arg(args, 3), panels = arg(args, 4) >> 3
  const depthStride = <usize>arg(args, 5), outStride = <usize>arg(args, 6)
  const pointStride = <usize>arg(args, 7)
  const end = bound(panels * depth, thread + 1, threads)
  for (let unit = bound(panels * depth, thread, threads); unit < end; unit++) {
    const panel = unit / depth
    const from = w + <usize>(unit - panel * depth) * depthStride + <usize>(panel << 3) * outStride
    const to = out + (<usize>unit << 5)
    filterHalf(from, tapAt, outStride, to, pointStride)
    filterHalf(from + 4 * outStride, tapAt, outStride, to + 16, pointStride)
  }
}

function four(at: usize, stride: usize): v128 {
  if (stride == 4) return v128.load(at)
  let v = v128.load_zero<f32>(at)
  v = v128.load_lane<f32>(at + stride, v, 1)
  v = v128.load_lane<f32>(at + 2 * stride, v, 2)
  return v128.load_lane<f32>(at + 3 * stride, v, 3)
}

function filterHalf(from: usize, tapAt: usize, stride: usize, to: usize, pointStride: usize): void {
  const quarter = f32x4.splat(0.25), sixth = f32x4.splat(-1.0 / 6.0)
  const small = f32x4.splat(1.0 / 24.0), twelfth = f32x4.splat(1.0 / 12.0), positive = f32x4.splat(1.0 / 6.0)
  // Columns of G g, kept at the place of the first three points of each row and transformed in place.
  for (let x: usize = 0; x < 3; x++) {
    const g0 = four(from + <usize>load<u32>(tapAt + (x << 2)), stride)
    const g1 = four(from + <usize>load<u32>(tapAt + (x << 2), 12), stride)
    const g2 = four(from + <usize>load<u32>(tapAt + (x << 2), 24), stride)
    const even = f32x4.mul(f32x4.add(g0, g2), sixth), odd = f32x4.mul(g1, sixth)
    const wide = madd(g2, positive, f32x4.mul(g0, small)), slope = f32x4.mul(g1, twelfth)
    const at = to + x * pointStride
    v128.store(at, f32x4.mul(g0, quarter))
    v128.store(at + 6 * pointStride, f32x4.add(even, odd))
    v128.store(at + 12 * pointStride, f32x4.sub(even, odd))
    v128.store(at + 18 * pointStride, f32x4.add(wide, slope))
    v128.store(at + 24 * pointStride, f32x4.sub(wide, slope))
    v128.store(at + 30 * pointStride, g2)
  }
  for (let y: usize = 0; y < 6; y++) {
    const at = to + 6 * y * pointStride
    const g0 = v128.load(at), g1 = v128.load(at + pointStride), g2 = v128.load(at + 2 * pointStride)
    const even = f32x4.mul(f32x4.add(g0, g2), sixth), odd = f32x4.mul(g1, sixth)
    const wide = madd(g2, positive, f32x4.mul(g0, small)), slope = f32x4.mul(g1, twelfth)
    v128.store(at, f32x4.mul(g0, quarter))
    v128.store(at + pointStride, f32x4.add(even, odd))
    v128.store(at + 2 * pointStride, f32x4.sub(even, odd))
    v128.store(at + 3 * pointStride, f32x4.add(wide, slope))
    v128.store(at + 4 * pointStride, f32x4.sub(wide, slope))
    v128.store(at + 5 * pointStride, g2)
  }
}

// c[6, 8] (rows `cStride` bytes apart) = a[6, depth] (rows depth floats apart) times the panel b[depth, 8].
function product6x8(a0: usize, aStride: usize, depth: i32, b: usize, c: usize, cStride: usize): void {
  let a1 = a0 + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride
  let c00 = f32x4.splat(0)
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00
  let s: v128, b0: v128, b1: v128
  for (let k = depth; k > 0; k -= 4) {
    b0 = v128.load(b), b1 = v128.load(b, 16)
    s = v128.load_splat<f32>(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    s = v128.load_splat<f32>(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
    s = v128.load_splat<f32>(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
    b0 = v128.load(b, 32), b1 = v128.load(b, 48)
    s = v128.load_splat<f32>(a0, 4), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a1, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a2, 4), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a3, 4), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    s = v128.load_splat<f32>(a4, 4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
    s = v128.load_splat<f32>(a5, 4), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
    b0 = v128.load(b, 64), b1 = v128.load(b, 80)
    s = v128.load_splat<f32>(a0, 8), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a1, 8), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a2, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a3, 8), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    s = v128.load_splat<f32>(a4, 8), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
    s = v128.load_splat<f32>(a5, 8), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
    b0 = v128.load(b, 96), b1 = v128.load(b, 112)
    s = v128.load_splat<f32>(a0, 12), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a1, 12), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a2, 12), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a3, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    s = v128.load_splat<f32>(a4, 12), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
    s = v128.load_splat<f32>(a5, 12), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
    a0 += 16, a1 += 16, a2 += 16, a3 += 16, a4 += 16, a5 += 16
    b += 128
  }
  v128.store(c, c00), v128.store(c, c01, 16), c += cStride
  v128.store(c, c10), v128.store(c, c11, 16), c += cStride
  v128.store(c, c20), v128.store(c, c21, 16), c += cStride
  v128.store(c, c30), v128.store(c, c31, 16), c += cStride
  v128.store(c, c40), v128.store(c, c41, 16), c += cStride
  v128.store(c, c50), v128.store(c, c51, 16)
}

// Four channels of a 4x4 output tile, A^T m A, in place: m[36] with `stride` bytes between points.
function outputTransform(m: usize, stride: usize): void {
  for (let x: usize = 0; x < 6; x++) {
    const at = m + x * stride
    const row = 6 * stride
    const m0 = v128.load(at), m1 = v128.load(at + row), m2 = v128.load(at + 2 * row)
    const m3 = v128.load(at + 3 * row), m4 = v128.load(at + 4 * row), m5 = v128.load(at + 5 * row)
    const p = f32x4.add(m1, m2), q = f32x4.sub(m1, m2), r = f32x4.add(m3, m4), s = f32x4.sub(m3, m4)
    v128.store(at, f32x4.add(f32x4.add(m0, p), r))
    v128.store(at + row, madd(s, f32x4.splat(2), q))
    v128.store(at + 2 * row, madd(r, f32x4.splat(4), p))
    v128.store(at + 3 * row, f32x4.add(madd(s, f32x4.splat(8), q), m5))
  }
  for (let y: usize = 0; y < 4; y++) {
    const at = m + 6 * y * stride
    const m0 = v128.load(at), m1 = v128.load(at + stride), m2 = v128.load(at + 2 * stride)
    const m3 = v128.load(at + 3 * stride), m4 = v128.load(at + 4 * stride), m5 = v128.load(at + 5 * stride)
    const p = f32x4.add(m1, m2), q = f32x4.sub(m1, m2), r = f32x4.add(m3, m4), s = f32x4.sub(m3, m4)
    v128.store(at, f32x4.add(f32x4.add(m0, p), r))
    v128.store(at + stride, madd(s, f32x4.splat(2), q))
    v128.store(at + 2 * stride, madd(r, f32x4.splat(4), p))
    v128.store(at + 3 * stride, f32x4.add(madd(s, f32x4.splat(8), q), m5))
  }
}

// Transforms the products of one tile and one panel back and stores what of the 4x4 outputs lies in the image.
function outputTile(
  m: usize, tile: i32, tileRows: i32, tileColumns: i32, panel: i32, bias: usize, out: usize, outHeight: i32, outWidth: i32, outDepth: i32,
  low: v128, high: v128,
): void {
  outputTransform(m, 32)
  outputTransform(m + 16, 32)
  const bias0 = v128.load(bias + (<usize>panel << 5)), bias1 = v128.load(bias + (<usize>panel << 5), 16)
  const column = tile % tileColumns << 2, rest = tile / tileColumns
  const row = rest % tileRows << 2, image = rest / tileRows
  const rows = min(4, outHeight - row), columns = min(4, outWidth - column)
  const outBytes = <usize>outDepth << 2
  const to = out + <usize>((image * outHeight + row) * outWidth + column) * outBytes + (<usize>panel << 5)
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const from = m + <usize>(y * 6 + x) * 32, at = to + <usize>(y * outWidth + x) * outBytes
      v128.store(at, clamp(f32x4.add(v128.load(from), bias0), low, high))
      v128.store(at, clamp(f32x4.add(v128.load(from, 16), bias1), low, high), 16)
    }
  }
}

/**
 * The convolution, tile by tile: transform a block of source tiles, multiply at each of 36 points, transform back.
 * args: 0 source, 1 filter (winogradFilter), 2 bias (outDepth floats), 3 out, 4 scratch, 5 scratch bytes a thread, 6 zeros,
 * 7 batch, 8 height, 9 width, 10 depth (a multiple of 4), 11 outHeight, 12 outWidth, 13 outDepth (a multiple of 8),
 * 14 top, 15 left (source place of output 0), 16 tiles a block (a multiple of 6), 17 low, 18 high (f32),
 * 19 filterStride (bytes between points)
 */
export function winograd(args: usize, thread: i32, threads: i32): void {
  const source = <usize>arg(args, 0), filter = <usize>arg(args, 1), bias = <usize>arg(args, 2), out = <usize>arg(args, 3)
  const zeros = <usize>arg(args, 6)
  const batch = arg(args, 7), height = arg(args, 8), width = arg(args, 9), depth = arg(args, 10)
  const outHeight = arg(args, 11), outWidth = arg(args, 12), outDepth = arg(args, 13), top = arg(args, 14), left = arg(args, 15)
  const block = arg(args, 16)
  const filterStride = <usize>arg(args, 19)
  const low = v128.load_splat<f32>(args, 17 * 4), high = v128.load_splat<f32>(args, 18 * 4)
  const depthBytes = <usize>depth << 2

  const pointers = <usize>arg(args, 4) + <usize>arg(args, 5) * thread
  const work = pointers + 160
  const products = work + 576
  const transformed = products + <usize>block * POINTS * 32
  // One line more than the tiles need, or all points of a tile would fall on one set of the cache.
  const pointStride = <usize>block * depthBytes + 64

  const tileRows = (outHeight + 3) >> 2, tileColumns = (outWidth + 3) >> 2
  const tiles = batch * tileRows * tileColumns
  const panels = outDepth >> 3
  const end = bound(tiles, thread + 1, threads)
  for (let start = bound(tiles, thread, threads); start < end; start += block) {
    const count = min(block, end - start)
    for (let i = 0; i < count; i++) {
      const tile = start + i
      const column = tile % tileColumns, rest = tile / tileColumns
      const row = rest % tileRows, image = rest / tileRows
      tilePointers(
        pointers, source + <usize>(image * height * width) * depthBytes, (row << 2) + top, (column << 2) + left, height, width, depthBytes, zeros,
      )
      for (let offset: usize = 0; offset < depthBytes; offset += 16) {
        // Padding points at `zeros`, which is as deep as the source.
        inputTransform(pointers, offset, work, transformed + <usize>i * depthBytes + offset, pointStride)
      }
    }
    const padded = (count + 5) / 6 * 6
    for (let point = 0; point < POINTS; point++) {
      for (let at: usize = <usize>count * depthBytes; at < <usize>padded * depthBytes; at += 16) {
        v128.store(transformed + <usize>point * pointStride + at, f32x4.splat(0))
      }
    }
    for (let panel = 0; panel < panels; panel++) {
      for (let point = 0; point < POINTS; point++) {
        const b = filter + <usize>point * filterStride + (<usize>(panel * depth) << 5)
        const a = transformed + <usize>point * pointStride
        for (let i = 0; i < padded; i += 6) {
          product6x8(a + <usize>i * depthBytes, depthBytes, depth, b, products + <usize>(i * POINTS + point) * 32, POINTS * 32)
        }
      }
      for (let i = 0; i < count; i++) {
        outputTile(
          products + <usize>(i * POINTS) * 32, start + i, tileRows, tileColumns, panel, bias, out, outHeight, outWidth, outDepth, low, high,
        )
      }
    }
  }
}

/**
 * The rest of the convolution, two panels of output channels at a time: their filter is transformed in the cache and used at once.
 * For few tiles and many channels, where a transformed filter would not fit the cache.
 * args: 0 tiles (winogradSource), 1 w, 2 tapAt, 3 depthStride, 4 outStride, 5 bias, 6 out, 7 scratch, 8 scratch bytes a thread,
 * 9 batch, 10 outHeight, 11 outWidth, 12 depth, 13 outDepth, 14 pointStride, 15 low, 16 high (f32)
 */
export function winogradPanels(args: usize, thread: i32, threads: i32): void {
  const transformed = <usize>arg(args, 0), w = <usize>arg(args, 1), tapAt = <usize>arg(args, 2)
  const depthStride = <usize>arg(args, 3), outStride = <usize>arg(args, 4)
  const bias = <usize>arg(args, 5), out = <usize>arg(args, 6)
  const filter = <usize>arg(args, 7) + <usize>arg(args, 8) * thread
  const outHeight = arg(args, 10), outWidth = arg(args, 11), depth = arg(args, 12), outDepth = arg(args, 13)
  const pointStride = <usize>arg(args, 14)
  const low = v128.load_splat<f32>(args, 15 * 4), high = v128.load_splat<f32>(args, 16 * 4)
  const depthBytes = <usize>depth << 2, panelBytes = <usize>depth << 5
  const filterStride = 2 * panelBytes + 64
  const products = filter + POINTS * filterStride
  const tileRows = (outHeight + 3) >> 2, tileColumns = (outWidth + 3) >> 2
  const tiles = arg(args, 9) * tileRows * tileColumns
  const panels = outDepth >> 3, pairs = (panels + 1) >> 1
  const end = bound(pairs, thread + 1, threads)
  for (let pair = bound(pairs, thread, threads); pair < end; pair++) {
    const first = pair << 1
    const live = min(2, panels - first)
    for (let d = 0; d < depth; d++) {
      for (let panel = 0; panel < live; panel++) {
        const from = w + <usize>d * depthStride + <usize>((first + panel) << 3) * outStride
        const to = filter + <usize>panel * panelBytes + (<usize>d << 5)
        filterHalf(from, tapAt, outStride, to, filterStride)
        filterHalf(from + 4 * outStride, tapAt, outStride, to + 16, filterStride)
      }
    }
    for (let point = 0; point < POINTS; point++) {
      const b = filter + <usize>point * filterStride
      for (let i = 0; i < tiles; i += 6) {
        const a = transformed + <usize>point * pointStride + <usize>i * depthBytes
        for (let panel = 0; panel < live; panel++) {
          product6x8(
            a, depthBytes, depth, b + <usize>panel * panelBytes, products + <usize>((i * 2 + panel) * POINTS + point) * 32, 2 * POINTS * 32,
          )
        }
      }
    }
    for (let panel = 0; panel < live; panel++) {
      for (let tile = 0; tile < tiles; tile++) {
        outputTile(
          products + <usize>((tile * 2 + panel) * POINTS) * 32, tile, tileRows, tileColumns, first + panel, bias, out, outHeight, outWidth,
          outDepth, low, high,
        )
      }
    }
  }
}
