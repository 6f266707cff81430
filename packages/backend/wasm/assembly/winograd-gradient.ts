// The filter gradient by Winograd's F(3x3, 4x4), on the points of winograd.ts.
import { bound } from './conv'
import { madd } from './gemm'
import { arg, inputTransform, POINTS, tilePointers } from './winograd-source'

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
