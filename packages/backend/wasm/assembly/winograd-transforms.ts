// Winograd's transforms on the points 0, 1, -1, 2, -2 and infinity (Lavin & Gray, 2016, section 4.3), four channels at a time.
// Each is a matrix from the left and from the right: one step for columns and for rows, which differ in the bytes between places.
import { POINTS } from './sizes'
import { madd } from './vectors'

/** The pointers of one 6x6 source tile; places outside of the image point to `zeros`. */
export function tilePointers(pointers: usize, image: usize, top: i32, left: i32, height: i32, width: i32, depthBytes: usize, zeros: usize): void {
  for (let y = top; y < top + 6; y++) {
    const row = image + <usize>(y * width) * depthBytes
    const inside = <u32>y < <u32>height
    for (let x = left; x < left + 6; x++, pointers += 4) {
      store<u32>(pointers, <u32>(inside && <u32>x < <u32>width ? row + <usize>x * depthBytes : zeros))
    }
  }
}

/** Zeros at all 36 points, for channels that a panel does not have. */
export function zeroPoints(to: usize, pointStride: usize): void {
  for (let point = 0; point < POINTS; point++, to += pointStride) v128.store(to, f32x4.splat(0))
}

@inline function pixel(pointers: usize, row: usize, offset: usize): v128 {
  return v128.load(<usize>load<u32>(pointers + 24 * row) + offset)
}

// B^T d
@inline function inputStep(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, step: usize): void {
  const four = f32x4.splat(4), five = f32x4.splat(-5), minusFour = f32x4.splat(-4)
  const a = madd(d2, minusFour, d4), b = madd(d1, minusFour, d3)
  const c = f32x4.sub(d4, d2)
  let e = f32x4.sub(d3, d1)
  e = f32x4.add(e, e)
  v128.store(to, madd(d0, four, madd(d2, five, d4))), to += step
  v128.store(to, f32x4.add(a, b)), to += step
  v128.store(to, f32x4.sub(a, b)), to += step
  v128.store(to, f32x4.add(c, e)), to += step
  v128.store(to, f32x4.sub(c, e)), to += step
  v128.store(to, madd(d1, four, madd(d3, five, d5)))
}

/** to[point] = B^T d B of a 6x6 tile; `work` is 36 vectors of scratch. */
export function inputTransform(pointers: usize, offset: usize, work: usize, to: usize, pointStride: usize): void {
  for (let x: usize = 0; x < 6; x++) {
    const at = pointers + (x << 2)
    inputStep(
      pixel(at, 0, offset), pixel(at, 1, offset), pixel(at, 2, offset), pixel(at, 3, offset), pixel(at, 4, offset), pixel(at, 5, offset),
      work + (x << 4), 96,
    )
  }
  for (let y = 0; y < 6; y++, work += 96, to += 6 * pointStride) {
    inputStep(
      v128.load(work), v128.load(work, 16), v128.load(work, 32), v128.load(work, 48), v128.load(work, 64), v128.load(work, 80), to, pointStride,
    )
  }
}

// G g
@inline function filterStep(g0: v128, g1: v128, g2: v128, to: usize, step: usize): void {
  const quarter = f32x4.splat(0.25), sixth = f32x4.splat(-1.0 / 6.0)
  const small = f32x4.splat(1.0 / 24.0), twelfth = f32x4.splat(1.0 / 12.0), positive = f32x4.splat(1.0 / 6.0)
  const even = f32x4.mul(f32x4.add(g0, g2), sixth), odd = f32x4.mul(g1, sixth)
  const wide = madd(g2, positive, f32x4.mul(g0, small)), slope = f32x4.mul(g1, twelfth)
  v128.store(to, f32x4.mul(g0, quarter)), to += step
  v128.store(to, f32x4.add(even, odd)), to += step
  v128.store(to, f32x4.sub(even, odd)), to += step
  v128.store(to, f32x4.add(wide, slope)), to += step
  v128.store(to, f32x4.sub(wide, slope)), to += step
  v128.store(to, g2)
}

function four(at: usize, stride: usize): v128 {
  if (stride == 4) return v128.load(at)
  let v = v128.load_zero<f32>(at)
  v = v128.load_lane<f32>(at + stride, v, 1)
  v = v128.load_lane<f32>(at + 2 * stride, v, 2)
  return v128.load_lane<f32>(at + 3 * stride, v, 3)
}

/** to[point] = G g G^T of four output channels, `stride` bytes apart, of a 3x3 filter. */
export function filterTransform(from: usize, tapAt: usize, stride: usize, to: usize, pointStride: usize): void {
  // Columns of G g stand at the first three points of each row, and are transformed in place.
  for (let x: usize = 0; x < 3; x++) {
    const tap = tapAt + (x << 2)
    filterStep(
      four(from + <usize>load<u32>(tap), stride), four(from + <usize>load<u32>(tap, 12), stride), four(from + <usize>load<u32>(tap, 24), stride),
      to + x * pointStride, 6 * pointStride,
    )
  }
  for (let y: usize = 0; y < 6; y++) {
    const at = to + 6 * y * pointStride
    filterStep(v128.load(at), v128.load(at + pointStride), v128.load(at + 2 * pointStride), at, pointStride)
  }
}

// A^T m, in place.
@inline function outputStep(at: usize, step: usize): void {
  const m0 = v128.load(at), m1 = v128.load(at + step), m2 = v128.load(at + 2 * step)
  const m3 = v128.load(at + 3 * step), m4 = v128.load(at + 4 * step), m5 = v128.load(at + 5 * step)
  const p = f32x4.add(m1, m2), q = f32x4.sub(m1, m2), r = f32x4.add(m3, m4), s = f32x4.sub(m3, m4)
  v128.store(at, f32x4.add(f32x4.add(m0, p), r))
  v128.store(at + step, madd(s, f32x4.splat(2), q))
  v128.store(at + 2 * step, madd(r, f32x4.splat(4), p))
  v128.store(at + 3 * step, f32x4.add(madd(s, f32x4.splat(8), q), m5))
}

/** A 4x4 output tile, A^T m A, in place: m[36] with `stride` bytes between points. */
export function outputTransform(m: usize, stride: usize): void {
  for (let x: usize = 0; x < 6; x++) outputStep(m + x * stride, 6 * stride)
  for (let y: usize = 0; y < 4; y++) outputStep(m + 6 * y * stride, stride)
}

// G d of F(3x3, 4x4)
@inline function gradientStep(d0: v128, d1: v128, d2: v128, d3: v128, to: usize, step: usize): void {
  const quarter = f32x4.splat(0.25), sixth = f32x4.splat(-1.0 / 6.0), small = f32x4.splat(1.0 / 24.0)
  const four = f32x4.splat(4), two = f32x4.splat(2)
  const even = f32x4.mul(f32x4.add(d0, d2), sixth), odd = f32x4.mul(f32x4.add(d1, d3), sixth)
  const wide = f32x4.mul(madd(d2, four, d0), small), slope = f32x4.mul(f32x4.mul(madd(d3, four, d1), two), small)
  v128.store(to, f32x4.mul(d0, quarter)), to += step
  v128.store(to, f32x4.add(even, odd)), to += step
  v128.store(to, f32x4.sub(even, odd)), to += step
  v128.store(to, f32x4.add(wide, slope)), to += step
  v128.store(to, f32x4.sub(wide, slope)), to += step
  v128.store(to, d3)
}

/** to[point] = G d G^T of a 4x4 tile of dy, F(3x3, 4x4); pointers are four rows of six. */
export function gradientTransform(pointers: usize, offset: usize, work: usize, to: usize, pointStride: usize): void {
  for (let x: usize = 0; x < 4; x++) {
    const at = pointers + (x << 2)
    gradientStep(pixel(at, 0, offset), pixel(at, 1, offset), pixel(at, 2, offset), pixel(at, 3, offset), work + (x << 4), 64)
  }
  for (let y = 0; y < 6; y++, work += 64, to += 6 * pointStride) {
    gradientStep(v128.load(work), v128.load(work, 16), v128.load(work, 32), v128.load(work, 48), to, pointStride)
  }
}

// A^T m of F(3x3, 4x4)
@inline function filterGradientStep(at: usize, step: usize, to: usize, toStep: usize): void {
  const m0 = v128.load(at), m1 = v128.load(at + step), m2 = v128.load(at + 2 * step)
  const m3 = v128.load(at + 3 * step), m4 = v128.load(at + 4 * step), m5 = v128.load(at + 5 * step)
  const p = f32x4.add(m1, m2), q = f32x4.sub(m1, m2), r = f32x4.add(m3, m4), s = f32x4.sub(m3, m4)
  v128.store(to, f32x4.add(f32x4.add(m0, p), r))
  v128.store(to + toStep, madd(s, f32x4.splat(2), q))
  v128.store(to + 2 * toStep, f32x4.add(madd(r, f32x4.splat(4), p), m5))
}

/** 3x3 taps, `size` bytes apart, from the products at 36 points, 128 bytes apart, which are overwritten. */
export function filterGradientTransform(products: usize, to: usize, size: usize): void {
  for (let x: usize = 0; x < 6; x++) filterGradientStep(products + (x << 7), 768, products + (x << 7), 768)
  for (let y: usize = 0; y < 3; y++) filterGradientStep(products + 768 * y, 128, to + 3 * y * size, size)
}
