// Written by scripts/build-kernels.mjs from scripts/micro-kernels.mjs: do not edit.
import { addTo8, madd } from './vectors'

/**
 * sums[2][6, 8] = 6 rows of `depth` floats (pointers in `rows`, `from` bytes on) times the
 * packed panel b[depth, 8],
 * and the panel `panelBytes` after b.
 */
export function product6x16(rows: usize, from: usize, depth: i32, b: usize, panelBytes: usize, sums: usize): void {
  let a0 = <usize>load<u32>(rows) + from
  let a1 = <usize>load<u32>(rows, 4) + from
  let a2 = <usize>load<u32>(rows, 8) + from
  let a3 = <usize>load<u32>(rows, 12) + from
  let a4 = <usize>load<u32>(rows, 16) + from
  let a5 = <usize>load<u32>(rows, 20) + from
  let next = b + panelBytes
  let c00 = f32x4.splat(0)
  let c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00, c20 = c00, c21 = c00, c22 = c00, c23 = c00, c30 = c00, c31 = c00, c32 = c00, c33 = c00, c40 = c00, c41 = c00, c42 = c00, c43 = c00, c50 = c00, c51 = c00, c52 = c00, c53 = c00
  let s: v128, b0: v128, b1: v128, b2: v128, b3: v128
  for (let k = depth; k > 0; k--) {
    b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(next), b3 = v128.load(next, 16)
    s = v128.load_splat<f32>(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01), c02 = madd(s, b2, c02), c03 = madd(s, b3, c03)
    s = v128.load_splat<f32>(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11), c12 = madd(s, b2, c12), c13 = madd(s, b3, c13)
    s = v128.load_splat<f32>(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21), c22 = madd(s, b2, c22), c23 = madd(s, b3, c23)
    s = v128.load_splat<f32>(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31), c32 = madd(s, b2, c32), c33 = madd(s, b3, c33)
    s = v128.load_splat<f32>(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41), c42 = madd(s, b2, c42), c43 = madd(s, b3, c43)
    s = v128.load_splat<f32>(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51), c52 = madd(s, b2, c52), c53 = madd(s, b3, c53)
    a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4
    b += 32, next += 32
  }
  v128.store(sums, c00), v128.store(sums, c01, 16), v128.store(sums, c02, 192), v128.store(sums, c03, 208)
  v128.store(sums, c10, 32), v128.store(sums, c11, 48), v128.store(sums, c12, 224), v128.store(sums, c13, 240)
  v128.store(sums, c20, 64), v128.store(sums, c21, 80), v128.store(sums, c22, 256), v128.store(sums, c23, 272)
  v128.store(sums, c30, 96), v128.store(sums, c31, 112), v128.store(sums, c32, 288), v128.store(sums, c33, 304)
  v128.store(sums, c40, 128), v128.store(sums, c41, 144), v128.store(sums, c42, 320), v128.store(sums, c43, 336)
  v128.store(sums, c50, 160), v128.store(sums, c51, 176), v128.store(sums, c52, 352), v128.store(sums, c53, 368)
}

/**
 * c[6, 8] = a[6, depth] times the panel b[depth, 8]; strides in bytes,
 * and `apart` bytes after c that of the panel `panelBytes` after b.
 */
export function denseProduct6x16(
  a0: usize, aStride: usize, depth: i32, b: usize, panelBytes: usize, c: usize, apart: usize, cStride: usize,
): void {
  let a1 = a0 + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride
  let next = b + panelBytes
  let c00 = f32x4.splat(0)
  let c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00, c20 = c00, c21 = c00, c22 = c00, c23 = c00, c30 = c00, c31 = c00, c32 = c00, c33 = c00, c40 = c00, c41 = c00, c42 = c00, c43 = c00, c50 = c00, c51 = c00, c52 = c00, c53 = c00
  let s: v128, b0: v128, b1: v128, b2: v128, b3: v128
  for (let k = depth; k > 0; k--) {
    b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(next), b3 = v128.load(next, 16)
    s = v128.load_splat<f32>(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01), c02 = madd(s, b2, c02), c03 = madd(s, b3, c03)
    s = v128.load_splat<f32>(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11), c12 = madd(s, b2, c12), c13 = madd(s, b3, c13)
    s = v128.load_splat<f32>(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21), c22 = madd(s, b2, c22), c23 = madd(s, b3, c23)
    s = v128.load_splat<f32>(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31), c32 = madd(s, b2, c32), c33 = madd(s, b3, c33)
    s = v128.load_splat<f32>(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41), c42 = madd(s, b2, c42), c43 = madd(s, b3, c43)
    s = v128.load_splat<f32>(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51), c52 = madd(s, b2, c52), c53 = madd(s, b3, c53)
    a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4
    b += 32, next += 32
  }
  v128.store(c, c00), v128.store(c, c01, 16), v128.store(c + apart, c02), v128.store(c + apart, c03, 16), c += cStride
  v128.store(c, c10), v128.store(c, c11, 16), v128.store(c + apart, c12), v128.store(c + apart, c13, 16), c += cStride
  v128.store(c, c20), v128.store(c, c21, 16), v128.store(c + apart, c22), v128.store(c + apart, c23, 16), c += cStride
  v128.store(c, c30), v128.store(c, c31, 16), v128.store(c + apart, c32), v128.store(c + apart, c33, 16), c += cStride
  v128.store(c, c40), v128.store(c, c41, 16), v128.store(c + apart, c42), v128.store(c + apart, c43, 16), c += cStride
  v128.store(c, c50), v128.store(c, c51, 16), v128.store(c + apart, c52), v128.store(c + apart, c53, 16)
}

/**
 * Adds the sum over `count` pixels of a[pixel][6] (outer) b[pixel][8] to c, which has `stride` bytes a row,
 * `height` (1..6) live rows and `width` (9..16) live columns,
 * of which the last eight are the panel `panelBytes` after b.
 */
export function outerSum6x16(
  a: usize, b: usize, panelBytes: usize, count: i32, c: usize, stride: usize, height: i32, width: i32,
): void {
  let next = b + panelBytes
  let c00 = f32x4.splat(0)
  let c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00, c20 = c00, c21 = c00, c22 = c00, c23 = c00, c30 = c00, c31 = c00, c32 = c00, c33 = c00, c40 = c00, c41 = c00, c42 = c00, c43 = c00, c50 = c00, c51 = c00, c52 = c00, c53 = c00
  let s: v128, b0: v128, b1: v128, b2: v128, b3: v128
  for (let k = count; k > 0; k--) {
    b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(next), b3 = v128.load(next, 16)
    s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01), c02 = madd(s, b2, c02), c03 = madd(s, b3, c03)
    s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11), c12 = madd(s, b2, c12), c13 = madd(s, b3, c13)
    s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21), c22 = madd(s, b2, c22), c23 = madd(s, b3, c23)
    s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31), c32 = madd(s, b2, c32), c33 = madd(s, b3, c33)
    s = v128.load_splat<f32>(a, 16), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41), c42 = madd(s, b2, c42), c43 = madd(s, b3, c43)
    s = v128.load_splat<f32>(a, 20), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51), c52 = madd(s, b2, c52), c53 = madd(s, b3, c53)
    a += 24, b += 32, next += 32
  }
  addTo8(c, c00, c01, width), addTo8(c + 32, c02, c03, width - 8)
  if (height > 1) addTo8(c + 1 * stride, c10, c11, width), addTo8(c + 1 * stride + 32, c12, c13, width - 8)
  if (height > 2) addTo8(c + 2 * stride, c20, c21, width), addTo8(c + 2 * stride + 32, c22, c23, width - 8)
  if (height > 3) addTo8(c + 3 * stride, c30, c31, width), addTo8(c + 3 * stride + 32, c32, c33, width - 8)
  if (height > 4) addTo8(c + 4 * stride, c40, c41, width), addTo8(c + 4 * stride + 32, c42, c43, width - 8)
  if (height > 5) addTo8(c + 5 * stride, c50, c51, width), addTo8(c + 5 * stride + 32, c52, c53, width - 8)
}

/**
 * c[4, 8] (+)= the sum over `count` tiles of a[tile][4] (outer) b[tile][8]; `fresh` starts from
 * zero,
 * and `apart` bytes after c the same of the panel `panelBytes` after b.
 */
export function denseOuterSum4x16(
  a: usize, b: usize, panelBytes: usize, count: i32, c: usize, apart: usize, fresh: bool,
): void {
  let next = b + panelBytes
  let c00 = f32x4.splat(0)
  let c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00, c20 = c00, c21 = c00, c22 = c00, c23 = c00, c30 = c00, c31 = c00, c32 = c00, c33 = c00
  let s: v128, b0: v128, b1: v128, b2: v128, b3: v128
  for (let k = count; k > 0; k--) {
    b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(next), b3 = v128.load(next, 16)
    s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01), c02 = madd(s, b2, c02), c03 = madd(s, b3, c03)
    s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11), c12 = madd(s, b2, c12), c13 = madd(s, b3, c13)
    s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21), c22 = madd(s, b2, c22), c23 = madd(s, b3, c23)
    s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31), c32 = madd(s, b2, c32), c33 = madd(s, b3, c33)
    a += 16, b += 32, next += 32
  }
  if (!fresh) {
    c00 = f32x4.add(c00, v128.load(c)), c01 = f32x4.add(c01, v128.load(c, 16)), c02 = f32x4.add(c02, v128.load(c + apart)), c03 = f32x4.add(c03, v128.load(c + apart, 16))
    c10 = f32x4.add(c10, v128.load(c, 32)), c11 = f32x4.add(c11, v128.load(c, 48)), c12 = f32x4.add(c12, v128.load(c + apart, 32)), c13 = f32x4.add(c13, v128.load(c + apart, 48))
    c20 = f32x4.add(c20, v128.load(c, 64)), c21 = f32x4.add(c21, v128.load(c, 80)), c22 = f32x4.add(c22, v128.load(c + apart, 64)), c23 = f32x4.add(c23, v128.load(c + apart, 80))
    c30 = f32x4.add(c30, v128.load(c, 96)), c31 = f32x4.add(c31, v128.load(c, 112)), c32 = f32x4.add(c32, v128.load(c + apart, 96)), c33 = f32x4.add(c33, v128.load(c + apart, 112))
  }
  v128.store(c, c00), v128.store(c, c01, 16), v128.store(c + apart, c02), v128.store(c + apart, c03, 16)
  v128.store(c, c10, 32), v128.store(c, c11, 48), v128.store(c + apart, c12, 32), v128.store(c + apart, c13, 48)
  v128.store(c, c20, 64), v128.store(c, c21, 80), v128.store(c + apart, c22, 64), v128.store(c + apart, c23, 80)
  v128.store(c, c30, 96), v128.store(c, c31, 112), v128.store(c + apart, c32, 96), v128.store(c + apart, c33, 112)
}
