// Written by scripts/build-kernels.mjs from scripts/micro-kernels.mjs: do not edit.
import { clamp, madd } from './vectors'

/**
 * 8 neighbouring outputs of a row by four output channels: a 3x3 window of stride 1 over rows of pixels of
 * 4 channels, `rowBytes` apart, times `b` [3][4][3][4]; starts from `bias`; clamps; stores
 * `count` outputs `toStep` bytes apart.
 */
export function slideStride1Depth4(
  a: usize, rowBytes: usize, b: usize, bias: v128, to: usize, toStep: usize, count: i32, low: v128, high: v128,
): void {
  let c0 = bias, c1 = bias, c2 = bias, c3 = bias, c4 = bias, c5 = bias, c6 = bias, c7 = bias
  let s: v128, b0: v128, b1: v128, b2: v128
  for (let row = 0; row < 3; row++, a += rowBytes) {
    let at = a
    for (let k = 0; k < 4; k++, at += 4, b += 48) {
      b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32)
      s = v128.load_splat<f32>(at), c0 = madd(s, b0, c0)
      s = v128.load_splat<f32>(at, 16), c1 = madd(s, b0, c1), c0 = madd(s, b1, c0)
      s = v128.load_splat<f32>(at, 32), c2 = madd(s, b0, c2), c1 = madd(s, b1, c1), c0 = madd(s, b2, c0)
      s = v128.load_splat<f32>(at, 48), c3 = madd(s, b0, c3), c2 = madd(s, b1, c2), c1 = madd(s, b2, c1)
      s = v128.load_splat<f32>(at, 64), c4 = madd(s, b0, c4), c3 = madd(s, b1, c3), c2 = madd(s, b2, c2)
      s = v128.load_splat<f32>(at, 80), c5 = madd(s, b0, c5), c4 = madd(s, b1, c4), c3 = madd(s, b2, c3)
      s = v128.load_splat<f32>(at, 96), c6 = madd(s, b0, c6), c5 = madd(s, b1, c5), c4 = madd(s, b2, c4)
      s = v128.load_splat<f32>(at, 112), c7 = madd(s, b0, c7), c6 = madd(s, b1, c6), c5 = madd(s, b2, c5)
      s = v128.load_splat<f32>(at, 128), c7 = madd(s, b1, c7), c6 = madd(s, b2, c6)
      s = v128.load_splat<f32>(at, 144), c7 = madd(s, b2, c7)
    }
  }
  v128.store(to, clamp(c0, low, high)), to += toStep
  if (count > 1) v128.store(to, clamp(c1, low, high)), to += toStep
  if (count > 2) v128.store(to, clamp(c2, low, high)), to += toStep
  if (count > 3) v128.store(to, clamp(c3, low, high)), to += toStep
  if (count > 4) v128.store(to, clamp(c4, low, high)), to += toStep
  if (count > 5) v128.store(to, clamp(c5, low, high)), to += toStep
  if (count > 6) v128.store(to, clamp(c6, low, high)), to += toStep
  if (count > 7) v128.store(to, clamp(c7, low, high))
}

/**
 * 8 neighbouring outputs of a row by four output channels: a 3x3 window of stride 1 over rows of pixels of
 * 8 channels, `rowBytes` apart, times `b` [3][8][3][4]; starts from `bias`; clamps; stores
 * `count` outputs `toStep` bytes apart.
 */
export function slideStride1Depth8(
  a: usize, rowBytes: usize, b: usize, bias: v128, to: usize, toStep: usize, count: i32, low: v128, high: v128,
): void {
  let c0 = bias, c1 = bias, c2 = bias, c3 = bias, c4 = bias, c5 = bias, c6 = bias, c7 = bias
  let s: v128, b0: v128, b1: v128, b2: v128
  for (let row = 0; row < 3; row++, a += rowBytes) {
    let at = a
    for (let k = 0; k < 8; k++, at += 4, b += 48) {
      b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32)
      s = v128.load_splat<f32>(at), c0 = madd(s, b0, c0)
      s = v128.load_splat<f32>(at, 32), c1 = madd(s, b0, c1), c0 = madd(s, b1, c0)
      s = v128.load_splat<f32>(at, 64), c2 = madd(s, b0, c2), c1 = madd(s, b1, c1), c0 = madd(s, b2, c0)
      s = v128.load_splat<f32>(at, 96), c3 = madd(s, b0, c3), c2 = madd(s, b1, c2), c1 = madd(s, b2, c1)
      s = v128.load_splat<f32>(at, 128), c4 = madd(s, b0, c4), c3 = madd(s, b1, c3), c2 = madd(s, b2, c2)
      s = v128.load_splat<f32>(at, 160), c5 = madd(s, b0, c5), c4 = madd(s, b1, c4), c3 = madd(s, b2, c3)
      s = v128.load_splat<f32>(at, 192), c6 = madd(s, b0, c6), c5 = madd(s, b1, c5), c4 = madd(s, b2, c4)
      s = v128.load_splat<f32>(at, 224), c7 = madd(s, b0, c7), c6 = madd(s, b1, c6), c5 = madd(s, b2, c5)
      s = v128.load_splat<f32>(at, 256), c7 = madd(s, b1, c7), c6 = madd(s, b2, c6)
      s = v128.load_splat<f32>(at, 288), c7 = madd(s, b2, c7)
    }
  }
  v128.store(to, clamp(c0, low, high)), to += toStep
  if (count > 1) v128.store(to, clamp(c1, low, high)), to += toStep
  if (count > 2) v128.store(to, clamp(c2, low, high)), to += toStep
  if (count > 3) v128.store(to, clamp(c3, low, high)), to += toStep
  if (count > 4) v128.store(to, clamp(c4, low, high)), to += toStep
  if (count > 5) v128.store(to, clamp(c5, low, high)), to += toStep
  if (count > 6) v128.store(to, clamp(c6, low, high)), to += toStep
  if (count > 7) v128.store(to, clamp(c7, low, high))
}

/**
 * 8 neighbouring outputs of a row by four output channels: a 3x3 window of stride 2 over rows of pixels of
 * 4 channels, `rowBytes` apart, times `b` [3][4][3][4]; starts from `bias`; clamps; stores
 * `count` outputs `toStep` bytes apart.
 */
export function slideStride2Depth4(
  a: usize, rowBytes: usize, b: usize, bias: v128, to: usize, toStep: usize, count: i32, low: v128, high: v128,
): void {
  let c0 = bias, c1 = bias, c2 = bias, c3 = bias, c4 = bias, c5 = bias, c6 = bias, c7 = bias
  let s: v128, b0: v128, b1: v128, b2: v128
  for (let row = 0; row < 3; row++, a += rowBytes) {
    let at = a
    for (let k = 0; k < 4; k++, at += 4, b += 48) {
      b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32)
      s = v128.load_splat<f32>(at), c0 = madd(s, b0, c0)
      s = v128.load_splat<f32>(at, 16), c0 = madd(s, b1, c0)
      s = v128.load_splat<f32>(at, 32), c1 = madd(s, b0, c1), c0 = madd(s, b2, c0)
      s = v128.load_splat<f32>(at, 48), c1 = madd(s, b1, c1)
      s = v128.load_splat<f32>(at, 64), c2 = madd(s, b0, c2), c1 = madd(s, b2, c1)
      s = v128.load_splat<f32>(at, 80), c2 = madd(s, b1, c2)
      s = v128.load_splat<f32>(at, 96), c3 = madd(s, b0, c3), c2 = madd(s, b2, c2)
      s = v128.load_splat<f32>(at, 112), c3 = madd(s, b1, c3)
      s = v128.load_splat<f32>(at, 128), c4 = madd(s, b0, c4), c3 = madd(s, b2, c3)
      s = v128.load_splat<f32>(at, 144), c4 = madd(s, b1, c4)
      s = v128.load_splat<f32>(at, 160), c5 = madd(s, b0, c5), c4 = madd(s, b2, c4)
      s = v128.load_splat<f32>(at, 176), c5 = madd(s, b1, c5)
      s = v128.load_splat<f32>(at, 192), c6 = madd(s, b0, c6), c5 = madd(s, b2, c5)
      s = v128.load_splat<f32>(at, 208), c6 = madd(s, b1, c6)
      s = v128.load_splat<f32>(at, 224), c7 = madd(s, b0, c7), c6 = madd(s, b2, c6)
      s = v128.load_splat<f32>(at, 240), c7 = madd(s, b1, c7)
      s = v128.load_splat<f32>(at, 256), c7 = madd(s, b2, c7)
    }
  }
  v128.store(to, clamp(c0, low, high)), to += toStep
  if (count > 1) v128.store(to, clamp(c1, low, high)), to += toStep
  if (count > 2) v128.store(to, clamp(c2, low, high)), to += toStep
  if (count > 3) v128.store(to, clamp(c3, low, high)), to += toStep
  if (count > 4) v128.store(to, clamp(c4, low, high)), to += toStep
  if (count > 5) v128.store(to, clamp(c5, low, high)), to += toStep
  if (count > 6) v128.store(to, clamp(c6, low, high)), to += toStep
  if (count > 7) v128.store(to, clamp(c7, low, high))
}

/**
 * 8 neighbouring outputs of a row by four output channels: a 3x3 window of stride 2 over rows of pixels of
 * 8 channels, `rowBytes` apart, times `b` [3][8][3][4]; starts from `bias`; clamps; stores
 * `count` outputs `toStep` bytes apart.
 */
export function slideStride2Depth8(
  a: usize, rowBytes: usize, b: usize, bias: v128, to: usize, toStep: usize, count: i32, low: v128, high: v128,
): void {
  let c0 = bias, c1 = bias, c2 = bias, c3 = bias, c4 = bias, c5 = bias, c6 = bias, c7 = bias
  let s: v128, b0: v128, b1: v128, b2: v128
  for (let row = 0; row < 3; row++, a += rowBytes) {
    let at = a
    for (let k = 0; k < 8; k++, at += 4, b += 48) {
      b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32)
      s = v128.load_splat<f32>(at), c0 = madd(s, b0, c0)
      s = v128.load_splat<f32>(at, 32), c0 = madd(s, b1, c0)
      s = v128.load_splat<f32>(at, 64), c1 = madd(s, b0, c1), c0 = madd(s, b2, c0)
      s = v128.load_splat<f32>(at, 96), c1 = madd(s, b1, c1)
      s = v128.load_splat<f32>(at, 128), c2 = madd(s, b0, c2), c1 = madd(s, b2, c1)
      s = v128.load_splat<f32>(at, 160), c2 = madd(s, b1, c2)
      s = v128.load_splat<f32>(at, 192), c3 = madd(s, b0, c3), c2 = madd(s, b2, c2)
      s = v128.load_splat<f32>(at, 224), c3 = madd(s, b1, c3)
      s = v128.load_splat<f32>(at, 256), c4 = madd(s, b0, c4), c3 = madd(s, b2, c3)
      s = v128.load_splat<f32>(at, 288), c4 = madd(s, b1, c4)
      s = v128.load_splat<f32>(at, 320), c5 = madd(s, b0, c5), c4 = madd(s, b2, c4)
      s = v128.load_splat<f32>(at, 352), c5 = madd(s, b1, c5)
      s = v128.load_splat<f32>(at, 384), c6 = madd(s, b0, c6), c5 = madd(s, b2, c5)
      s = v128.load_splat<f32>(at, 416), c6 = madd(s, b1, c6)
      s = v128.load_splat<f32>(at, 448), c7 = madd(s, b0, c7), c6 = madd(s, b2, c6)
      s = v128.load_splat<f32>(at, 480), c7 = madd(s, b1, c7)
      s = v128.load_splat<f32>(at, 512), c7 = madd(s, b2, c7)
    }
  }
  v128.store(to, clamp(c0, low, high)), to += toStep
  if (count > 1) v128.store(to, clamp(c1, low, high)), to += toStep
  if (count > 2) v128.store(to, clamp(c2, low, high)), to += toStep
  if (count > 3) v128.store(to, clamp(c3, low, high)), to += toStep
  if (count > 4) v128.store(to, clamp(c4, low, high)), to += toStep
  if (count > 5) v128.store(to, clamp(c5, low, high)), to += toStep
  if (count > 6) v128.store(to, clamp(c6, low, high)), to += toStep
  if (count > 7) v128.store(to, clamp(c7, low, high))
}

/**
 * Adds to c[3][4][4] the sum over `count` outputs of x[tap][c] (three taps, `tapStep` bytes apart, of four
 * channels) times dy[o] of four output channels; outputs are `xStep` and `dyStep` bytes apart.
 */
export function rowSums3x4(x: usize, xStep: usize, tapStep: usize, dy: usize, dyStep: usize, count: i32, c: usize): void {
  let c00 = v128.load(c), c01 = v128.load(c, 16), c02 = v128.load(c, 32), c03 = v128.load(c, 48)
  let c10 = v128.load(c, 64), c11 = v128.load(c, 80), c12 = v128.load(c, 96), c13 = v128.load(c, 112)
  let c20 = v128.load(c, 128), c21 = v128.load(c, 144), c22 = v128.load(c, 160), c23 = v128.load(c, 176)
  let x1 = x + tapStep, x2 = x1 + tapStep
  let d: v128, s: v128
  for (; count > 0; count--, x += xStep, x1 += xStep, x2 += xStep, dy += dyStep) {
    d = v128.load(dy)
    s = v128.load_splat<f32>(x), c00 = madd(s, d, c00)
    s = v128.load_splat<f32>(x, 4), c01 = madd(s, d, c01)
    s = v128.load_splat<f32>(x, 8), c02 = madd(s, d, c02)
    s = v128.load_splat<f32>(x, 12), c03 = madd(s, d, c03)
    s = v128.load_splat<f32>(x1), c10 = madd(s, d, c10)
    s = v128.load_splat<f32>(x1, 4), c11 = madd(s, d, c11)
    s = v128.load_splat<f32>(x1, 8), c12 = madd(s, d, c12)
    s = v128.load_splat<f32>(x1, 12), c13 = madd(s, d, c13)
    s = v128.load_splat<f32>(x2), c20 = madd(s, d, c20)
    s = v128.load_splat<f32>(x2, 4), c21 = madd(s, d, c21)
    s = v128.load_splat<f32>(x2, 8), c22 = madd(s, d, c22)
    s = v128.load_splat<f32>(x2, 12), c23 = madd(s, d, c23)
  }
  v128.store(c, c00), v128.store(c, c01, 16), v128.store(c, c02, 32), v128.store(c, c03, 48)
  v128.store(c, c10, 64), v128.store(c, c11, 80), v128.store(c, c12, 96), v128.store(c, c13, 112)
  v128.store(c, c20, 128), v128.store(c, c21, 144), v128.store(c, c22, 160), v128.store(c, c23, 176)
}
