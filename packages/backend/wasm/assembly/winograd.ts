// Winograd's minimal filtering F(4x4, 3x3) with the points 0, 1, -1, 2, -2 and infinity (Lavin & Gray, 2016, section 4.3):
// a 4x4 tile of outputs takes 36 products a channel pair instead of 144. The filter gradient is F(3x3, 4x4) on the same points.
import { bound } from './conv'
import { clamp, madd } from './gemm'

function arg(args: usize, index: i32): i32 {
  return load<i32>(args + (<usize>index << 2))
}

const POINTS = 36

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

// The pointers of one 6x6 source tile; places outside of the image point to `zeros`.
function tilePointers(pointers: usize, image: usize, top: i32, left: i32, height: i32, width: i32, depthBytes: usize, zeros: usize): void {
  for (let y = top; y < top + 6; y++) {
    const row = image + <usize>(y * width) * depthBytes
    const inside = <u32>y < <u32>height
    for (let x = left; x < left + 6; x++, pointers += 4) {
      store<u32>(pointers, <u32>(inside && <u32>x < <u32>width ? row + <usize>x * depthBytes : zeros))
    }
  }
}

// to[point] = B^T d B for four channels; `work` is 36 vectors of scratch.
function inputTransform(pointers: usize, offset: usize, work: usize, to: usize, pointStride: usize): void {
  const four = f32x4.splat(4), five = f32x4.splat(-5), minusFour = f32x4.splat(-4)
  for (let x: usize = 0; x < 6; x++) {
    const at = pointers + (x << 2)
    const d0 = v128.load(<usize>load<u32>(at) + offset), d1 = v128.load(<usize>load<u32>(at, 24) + offset)
    const d2 = v128.load(<usize>load<u32>(at, 48) + offset), d3 = v128.load(<usize>load<u32>(at, 72) + offset)
    const d4 = v128.load(<usize>load<u32>(at, 96) + offset), d5 = v128.load(<usize>load<u32>(at, 120) + offset)
    const a = madd(d2, minusFour, d4), b = madd(d1, minusFour, d3)
    const c = f32x4.sub(d4, d2)
    let e = f32x4.sub(d3, d1)
    e = f32x4.add(e, e)
    const t = work + (x << 4)
    v128.store(t, madd(d0, four, madd(d2, five, d4)))
    v128.store(t, f32x4.add(a, b), 96)
    v128.store(t, f32x4.sub(a, b), 192)
    v128.store(t, f32x4.add(c, e), 288)
    v128.store(t, f32x4.sub(c, e), 384)
    v128.store(t, madd(d1, four, madd(d3, five, d5)), 480)
  }
  for (let y = 0; y < 6; y++, work += 96) {
    const d0 = v128.load(work), d1 = v128.load(work, 16), d2 = v128.load(work, 32)
    const d3 = v128.load(work, 48), d4 = v128.load(work, 64), d5 = v128.load(work, 80)
    const a = madd(d2, minusFour, d4), b = madd(d1, minusFour, d3)
    const c = f32x4.sub(d4, d2)
    let e = f32x4.sub(d3, d1)
    e = f32x4.add(e, e)
    v128.store(to, madd(d0, four, madd(d2, five, d4))), to += pointStride
    v128.store(to, f32x4.add(a, b)), to += pointStride
    v128.store(to, f32x4.sub(a, b)), to += pointStride
    v128.store(to, f32x4.add(c, e)), to += pointStride
    v128.store(to, f32x4.sub(c, e)), to += pointStride
    v128.store(to, madd(d1, four, madd(d3, five, d5))), to += pointStride
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
 * Transforms all tiles of the source, [point][tile][depth], for winogradPanels; rows up to a multiple of six are zero.
 * args: 0 source, 1 out, 2 scratch (736 bytes a thread), 3 zeros, 4 batch, 5 height, 6 width, 7 depth, 8 outHeight, 9 outWidth,
 * 10 top, 11 left, 12 pointStride
 */
export function winogradSource(args: usize, thread: i32, threads: i32): void {
  const source = <usize>arg(args, 0), out = <usize>arg(args, 1), zeros = <usize>arg(args, 3)
  const pointers = <usize>arg(args, 2) + <usize>736 * thread, work = pointers + 160
  const height = arg(args, 5), width = arg(args, 6), depthBytes = <usize>arg(args, 7) << 2
  const top = arg(args, 10), left = arg(args, 11), pointStride = <usize>arg(args, 12)
  const tileRows = (arg(args, 8) + 3) >> 2, tileColumns = (arg(args, 9) + 3) >> 2
  const tiles = arg(args, 4) * tileRows * tileColumns
  const padded = (tiles + 5) / 6 * 6
  const end = bound(padded, thread + 1, threads)
  for (let tile = bound(padded, thread, threads); tile < end; tile++) {
    const to = out + <usize>tile * depthBytes
    if (tile >= tiles) {
      for (let point: usize = 0; point < <usize>POINTS; point++) {
        for (let offset: usize = 0; offset < depthBytes; offset += 16) v128.store(to + point * pointStride + offset, f32x4.splat(0))
      }
      continue
    }
    const column = tile % tileColumns, rest = tile / tileColumns
    const row = rest % tileRows, image = rest / tileRows
    tilePointers(
      pointers, source + <usize>(image * height * width) * depthBytes, (row << 2) + top, (column << 2) + left, height, width, depthBytes, zeros,
    )
    for (let offset: usize = 0; offset < depthBytes; offset += 16) inputTransform(pointers, offset, work, to + offset, pointStride)
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

// to[point] = G d G^T of a 4x4 tile of dy for four channels, F(3x3, 4x4); pointers are four rows of six.
function gradientTransform(pointers: usize, offset: usize, work: usize, to: usize, pointStride: usize): void {
  const quarter = f32x4.splat(0.25), sixth = f32x4.splat(-1.0 / 6.0), small = f32x4.splat(1.0 / 24.0)
  const four = f32x4.splat(4), two = f32x4.splat(2)
  for (let x: usize = 0; x < 4; x++) {
    const at = pointers + (x << 2)
    const d0 = v128.load(<usize>load<u32>(at) + offset), d1 = v128.load(<usize>load<u32>(at, 24) + offset)
    const d2 = v128.load(<usize>load<u32>(at, 48) + offset), d3 = v128.load(<usize>load<u32>(at, 72) + offset)
    const even = f32x4.mul(f32x4.add(d0, d2), sixth), odd = f32x4.mul(f32x4.add(d1, d3), sixth)
    const wide = f32x4.mul(madd(d2, four, d0), small), slope = f32x4.mul(f32x4.mul(madd(d3, four, d1), two), small)
    const t = work + (x << 4)
    v128.store(t, f32x4.mul(d0, quarter))
    v128.store(t, f32x4.add(even, odd), 64)
    v128.store(t, f32x4.sub(even, odd), 128)
    v128.store(t, f32x4.add(wide, slope), 192)
    v128.store(t, f32x4.sub(wide, slope), 256)
    v128.store(t, d3, 320)
  }
  for (let y = 0; y < 6; y++, work += 64) {
    const d0 = v128.load(work), d1 = v128.load(work, 16), d2 = v128.load(work, 32), d3 = v128.load(work, 48)
    const even = f32x4.mul(f32x4.add(d0, d2), sixth), odd = f32x4.mul(f32x4.add(d1, d3), sixth)
    const wide = f32x4.mul(madd(d2, four, d0), small), slope = f32x4.mul(f32x4.mul(madd(d3, four, d1), two), small)
    v128.store(to, f32x4.mul(d0, quarter)), to += pointStride
    v128.store(to, f32x4.add(even, odd)), to += pointStride
    v128.store(to, f32x4.sub(even, odd)), to += pointStride
    v128.store(to, f32x4.add(wide, slope)), to += pointStride
    v128.store(to, f32x4.sub(wide, slope)), to += pointStride
    v128.store(to, d3), to += pointStride
  }
}

/**
 * Transforms the tiles first .. first + count of x, to [point][depth / 4][block][4], and of dy, to [point][outDepth / 8][block][8].
 * args: 0 x, 1 dy, 2 xOut, 3 dyOut, 4 scratch (736 bytes a thread), 5 zeros, 6 height, 7 width, 8 depth, 9 outHeight, 10 outWidth,
 * 11 outDepth, 12 top, 13 left, 14 first, 15 count, 16 xStride, 17 dyStride (bytes between points), 18 block
 */
export function winogradTiles(args: usize, thread: i32, threads: i32): void {
  const x = <usize>arg(args, 0), dy = <usize>arg(args, 1), xOut = <usize>arg(args, 2), dyOut = <usize>arg(args, 3)
  const pointers = <usize>arg(args, 4) + <usize>736 * thread, work = pointers + 160
  const zeros = <usize>arg(args, 5)
  const height = arg(args, 6), width = arg(args, 7), depthBytes = <usize>arg(args, 8) << 2
  const outHeight = arg(args, 9), outWidth = arg(args, 10), outBytes = <usize>arg(args, 11) << 2
  const top = arg(args, 12), left = arg(args, 13), first = arg(args, 14), count = arg(args, 15)
  const xStride = <usize>arg(args, 16), dyStride = <usize>arg(args, 17), block = <usize>arg(args, 18)
  const tileRows = (outHeight + 3) >> 2, tileColumns = (outWidth + 3) >> 2
  const end = bound(count, thread + 1, threads)
  for (let i = bound(count, thread, threads); i < end; i++) {
    const tile = first + i
    const column = tile % tileColumns, rest = tile / tileColumns
    const row = rest % tileRows, image = rest / tileRows
    tilePointers(
      pointers, x + <usize>(image * height * width) * depthBytes, (row << 2) + top, (column << 2) + left, height, width, depthBytes, zeros,
    )
    for (let offset: usize = 0; offset < depthBytes; offset += 16) {
      inputTransform(pointers, offset, work, xOut + offset * block + (<usize>i << 4), xStride)
    }
    tilePointers(
      pointers, dy + <usize>(image * outHeight * outWidth) * outBytes, row << 2, column << 2, outHeight, outWidth, outBytes, zeros,
    )
    for (let offset: usize = 0; offset < outBytes; offset += 32) {
      const to = dyOut + offset * block + (<usize>i << 5)
      gradientTransform(pointers, offset, work, to, dyStride)
      gradientTransform(pointers, offset + 16, work, to + 16, dyStride)
    }
  }
}

// c[4, 8] (+)= the sum over `count` tiles of a[tile][4] (outer) b[tile][8]; `fresh` starts from zero.
function outerSum4x8(a: usize, b: usize, count: i32, c: usize, fresh: bool): void {
  let c00 = f32x4.splat(0)
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00
  let s: v128, b0: v128, b1: v128
  for (; count >= 4; count -= 4) {
    b0 = v128.load(b), b1 = v128.load(b, 16)
    s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    b0 = v128.load(b, 32), b1 = v128.load(b, 48)
    s = v128.load_splat<f32>(a, 16), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a, 20), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a, 24), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a, 28), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    b0 = v128.load(b, 64), b1 = v128.load(b, 80)
    s = v128.load_splat<f32>(a, 32), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a, 36), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a, 40), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a, 44), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    b0 = v128.load(b, 96), b1 = v128.load(b, 112)
    s = v128.load_splat<f32>(a, 48), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a, 52), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a, 56), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a, 60), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    a += 64, b += 128
  }
  for (; count > 0; count--) {
    b0 = v128.load(b), b1 = v128.load(b, 16)
    s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    a += 16, b += 32
  }
  if (!fresh) {
    c00 = f32x4.add(c00, v128.load(c)), c01 = f32x4.add(c01, v128.load(c, 16))
    c10 = f32x4.add(c10, v128.load(c, 32)), c11 = f32x4.add(c11, v128.load(c, 48))
    c20 = f32x4.add(c20, v128.load(c, 64)), c21 = f32x4.add(c21, v128.load(c, 80))
    c30 = f32x4.add(c30, v128.load(c, 96)), c31 = f32x4.add(c31, v128.load(c, 112))
  }
  v128.store(c, c00), v128.store(c, c01, 16), v128.store(c, c10, 32), v128.store(c, c11, 48)
  v128.store(c, c20, 64), v128.store(c, c21, 80), v128.store(c, c30, 96), v128.store(c, c31, 112)
}

const UNIT = POINTS * 128

/**
 * Adds up x tiles^T times dy tiles at each point, in units of four input by eight output channels that threads share; after the last
 * block of tiles, dw[3, 3, depth, outDepth] = A^T products A.
 * args: 0 xTiles, 1 dyTiles, 2 products, 3 dw, 4 depth, 5 outDepth, 6 count, 7 block, 8 xStride, 9 dyStride, 10 is first, 11 is last,
 * 12 whether products has room for every unit (else for one a thread)
 */
export function winogradFilterGradient(args: usize, thread: i32, threads: i32): void {
  const x = <usize>arg(args, 0), dy = <usize>arg(args, 1), products = <usize>arg(args, 2), dw = <usize>arg(args, 3)
  const depth = arg(args, 4), outDepth = arg(args, 5), count = arg(args, 6), block = <usize>arg(args, 7)
  const xStride = <usize>arg(args, 8), dyStride = <usize>arg(args, 9), fresh = arg(args, 10) != 0, last = arg(args, 11), all = arg(args, 12)
  const panels = outDepth >> 3, units = (depth >> 2) * panels
  const end = bound(units, thread + 1, threads)
  for (let unit = bound(units, thread, threads); unit < end; unit++) {
    const group = unit / panels, panel = unit - group * panels
    const a = x + (<usize>group << 4) * block, b = dy + (<usize>panel << 5) * block
    const c = products + <usize>(all ? unit : thread) * UNIT
    for (let point: usize = 0; point < <usize>POINTS; point++) {
      outerSum4x8(a + point * xStride, b + point * dyStride, count, c + (point << 7), fresh)
    }
    if (last) {
      const size = <usize>(depth * outDepth) << 2, row = <usize>outDepth << 2
      const to = dw + <usize>(group << 2) * row + (<usize>panel << 5)
      for (let r: usize = 0; r < 4; r++) {
        filterOutput(c + (r << 5), to + r * row, size)
        filterOutput(c + (r << 5) + 16, to + r * row + 16, size)
      }
    }
  }
}

// Four filter elements at each of 3x3 taps, `size` bytes apart, from their 36 products, in place 128 bytes apart.
function filterOutput(c: usize, to: usize, size: usize): void {
  const four = f32x4.splat(4), two = f32x4.splat(2)
  for (let x: usize = 0; x < 6; x++) {
    const at = c + (x << 7)
    const m0 = v128.load(at), m1 = v128.load(at, 768), m2 = v128.load(at, 1536)
    const m3 = v128.load(at, 2304), m4 = v128.load(at, 3072), m5 = v128.load(at, 3840)
    const p = f32x4.add(m1, m2), q = f32x4.sub(m1, m2), r = f32x4.add(m3, m4), s = f32x4.sub(m3, m4)
    v128.store(at, f32x4.add(f32x4.add(m0, p), r))
    v128.store(at, madd(s, two, q), 768)
    v128.store(at, f32x4.add(madd(r, four, p), m5), 1536)
  }
  for (let y = 0; y < 3; y++, c += 768, to += 3 * size) {
    const m0 = v128.load(c), m1 = v128.load(c, 128), m2 = v128.load(c, 256)
    const m3 = v128.load(c, 384), m4 = v128.load(c, 512), m5 = v128.load(c, 640)
    const p = f32x4.add(m1, m2), q = f32x4.sub(m1, m2), r = f32x4.add(m3, m4), s = f32x4.sub(m3, m4)
    v128.store(to, f32x4.add(f32x4.add(m0, p), r))
    v128.store(to + size, madd(s, two, q))
    v128.store(to + 2 * size, f32x4.add(madd(r, four, p), m5))
  }
}
