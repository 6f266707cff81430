// Written by scripts/build-kernels.mjs from scripts/micro-kernels.mjs: do not edit.
import { addTo8, madd } from './vectors'

/**
 * sums[1][6, 8] = 6 rows of `depth` floats (pointers in `rows`, `from` bytes on) times the
 * packed panel b[depth, 8].
 */
export function product6x8(rows: usize, from: usize, depth: i32, b: usize, sums: usize): void {
  let a0 = <usize>load<u32>(rows) + from
  let a1 = <usize>load<u32>(rows, 4) + from
  let a2 = <usize>load<u32>(rows, 8) + from
  let a3 = <usize>load<u32>(rows, 12) + from
  let a4 = <usize>load<u32>(rows, 16) + from
  let a5 = <usize>load<u32>(rows, 20) + from
  let c00 = f32x4.splat(0)
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00
  let s: v128, b0: v128, b1: v128
  let k = depth
  if (!ASC_FEATURE_RELAXED_SIMD) {
    if (k & 1) {
      b0 = v128.load(b), b1 = v128.load(b, 16)
      s = v128.load_splat<f32>(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      s = v128.load_splat<f32>(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
      s = v128.load_splat<f32>(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
      a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4
      b += 32
    }
    for (k >>= 1; k > 0; k--) {
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
      a0 += 8, a1 += 8, a2 += 8, a3 += 8, a4 += 8, a5 += 8
      b += 64
    }
  } else {
    for (; k > 0; k--) {
      b0 = v128.load(b), b1 = v128.load(b, 16)
      s = v128.load_splat<f32>(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      s = v128.load_splat<f32>(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
      s = v128.load_splat<f32>(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
      a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4
      b += 32
    }
  }
  v128.store(sums, c00), v128.store(sums, c01, 16)
  v128.store(sums, c10, 32), v128.store(sums, c11, 48)
  v128.store(sums, c20, 64), v128.store(sums, c21, 80)
  v128.store(sums, c30, 96), v128.store(sums, c31, 112)
  v128.store(sums, c40, 128), v128.store(sums, c41, 144)
  v128.store(sums, c50, 160), v128.store(sums, c51, 176)
}

/**
 * c[6, 8] = a[6, depth] times the panel b[depth, 8]; strides in bytes.
 */
export function denseProduct6x8(
  a0: usize, aStride: usize, depth: i32, b: usize, c: usize, cStride: usize,
): void {
  let a1 = a0 + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride
  let c00 = f32x4.splat(0)
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00
  let s: v128, b0: v128, b1: v128
  let k = depth
  if (!ASC_FEATURE_RELAXED_SIMD) {
    if (k & 1) {
      b0 = v128.load(b), b1 = v128.load(b, 16)
      s = v128.load_splat<f32>(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      s = v128.load_splat<f32>(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
      s = v128.load_splat<f32>(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
      a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4
      b += 32
    }
    for (k >>= 1; k > 0; k--) {
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
      a0 += 8, a1 += 8, a2 += 8, a3 += 8, a4 += 8, a5 += 8
      b += 64
    }
  } else {
    for (; k > 0; k--) {
      b0 = v128.load(b), b1 = v128.load(b, 16)
      s = v128.load_splat<f32>(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      s = v128.load_splat<f32>(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
      s = v128.load_splat<f32>(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
      a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4
      b += 32
    }
  }
  v128.store(c, c00), v128.store(c, c01, 16), c += cStride
  v128.store(c, c10), v128.store(c, c11, 16), c += cStride
  v128.store(c, c20), v128.store(c, c21, 16), c += cStride
  v128.store(c, c30), v128.store(c, c31, 16), c += cStride
  v128.store(c, c40), v128.store(c, c41, 16), c += cStride
  v128.store(c, c50), v128.store(c, c51, 16)
}

/**
 * Adds the sum over `count` pixels of a[pixel][6] (outer) b[pixel][8] to c, which has `stride` bytes a row,
 * `height` (1..6) live rows and `width` (1..8) live columns.
 */
export function outerSum6x8(
  a: usize, b: usize, count: i32, c: usize, stride: usize, height: i32, width: i32,
): void {
  let c00 = f32x4.splat(0)
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00
  let s: v128, b0: v128, b1: v128
  let k = count
  if (!ASC_FEATURE_RELAXED_SIMD) {
    if (k & 1) {
      b0 = v128.load(b), b1 = v128.load(b, 16)
      s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      s = v128.load_splat<f32>(a, 16), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
      s = v128.load_splat<f32>(a, 20), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
      a += 24, b += 32
    }
    for (k >>= 1; k > 0; k--) {
      b0 = v128.load(b), b1 = v128.load(b, 16)
      s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      s = v128.load_splat<f32>(a, 16), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
      s = v128.load_splat<f32>(a, 20), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
      b0 = v128.load(b, 32), b1 = v128.load(b, 48)
      s = v128.load_splat<f32>(a, 24), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a, 28), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a, 32), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a, 36), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      s = v128.load_splat<f32>(a, 40), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
      s = v128.load_splat<f32>(a, 44), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
      a += 48, b += 64
    }
  } else {
    for (; k > 0; k--) {
      b0 = v128.load(b), b1 = v128.load(b, 16)
      s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      s = v128.load_splat<f32>(a, 16), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41)
      s = v128.load_splat<f32>(a, 20), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51)
      a += 24, b += 32
    }
  }
  addTo8(c, c00, c01, width)
  if (height > 1) addTo8(c + 1 * stride, c10, c11, width)
  if (height > 2) addTo8(c + 2 * stride, c20, c21, width)
  if (height > 3) addTo8(c + 3 * stride, c30, c31, width)
  if (height > 4) addTo8(c + 4 * stride, c40, c41, width)
  if (height > 5) addTo8(c + 5 * stride, c50, c51, width)
}

/**
 * c[4, 8] (+)= the sum over `count` tiles of a[tile][4] (outer) b[tile][8]; `fresh` starts from
 * zero.
 */
export function denseOuterSum4x8(
  a: usize, b: usize, count: i32, c: usize, fresh: bool,
): void {
  let c00 = f32x4.splat(0)
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00
  let s: v128, b0: v128, b1: v128
  let k = count
  if (!ASC_FEATURE_RELAXED_SIMD) {
    if (k & 1) {
      b0 = v128.load(b), b1 = v128.load(b, 16)
      s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      a += 16, b += 32
    }
    for (k >>= 1; k > 0; k--) {
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
      a += 32, b += 64
    }
  } else {
    for (; k > 0; k--) {
      b0 = v128.load(b), b1 = v128.load(b, 16)
      s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
      s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
      s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
      s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
      a += 16, b += 32
    }
  }
  if (!fresh) {
    c00 = f32x4.add(c00, v128.load(c)), c01 = f32x4.add(c01, v128.load(c, 16))
    c10 = f32x4.add(c10, v128.load(c, 32)), c11 = f32x4.add(c11, v128.load(c, 48))
    c20 = f32x4.add(c20, v128.load(c, 64)), c21 = f32x4.add(c21, v128.load(c, 80))
    c30 = f32x4.add(c30, v128.load(c, 96)), c31 = f32x4.add(c31, v128.load(c, 112))
  }
  v128.store(c, c00), v128.store(c, c01, 16)
  v128.store(c, c10, 32), v128.store(c, c11, 48)
  v128.store(c, c20, 64), v128.store(c, c21, 80)
  v128.store(c, c30, 96), v128.store(c, c31, 112)
}
