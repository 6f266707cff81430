// The micro-kernels. Every convolution and its two gradients end in one of the two loops of this file.

export function madd(a: v128, b: v128, c: v128): v128 {
  // One source, two binaries: where the engine has relaxed SIMD, one instruction does both.
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

// Stores `count` (1..8) floats of the pair (lo, hi) at `at`.
function store8(at: usize, lo: v128, hi: v128, count: i32): void {
  if (count >= 8) {
    v128.store(at, lo)
    v128.store(at, hi, 16)
    return
  }
  if (count >= 4) {
    v128.store(at, lo)
    lo = hi
    at += 16
    count -= 4
  }
  if (count > 0) store<f32>(at, f32x4.extract_lane(lo, 0))
  if (count > 1) store<f32>(at, f32x4.extract_lane(lo, 1), 4)
  if (count > 2) store<f32>(at, f32x4.extract_lane(lo, 2), 8)
}

export function clamp(v: v128, low: v128, high: v128): v128 {
  // In this order a NaN stays a NaN.
  return f32x4.pmin(f32x4.pmax(v, low), high)
}

/**
 * Six output pixels by eight output channels: for each tap, six rows of `depth` floats (pointers in `rows`) times
 * the packed panel `b` [taps * depth, 8]; starts from the eight floats at `bias`; clamps; stores to six `outs` + `at`.
 */
export function tile6x8(
  rows: usize, taps: i32, depth: i32, b: usize, bias: usize, outs: usize, at: usize, count: i32, low: v128, high: v128,
): void {
  let c00 = v128.load(bias)
  let c01 = v128.load(bias, 16)
  let c10 = c00, c20 = c00, c30 = c00, c40 = c00, c50 = c00
  let c11 = c01, c21 = c01, c31 = c01, c41 = c01, c51 = c01
  let s: v128, b0: v128, b1: v128
  for (let tap = 0; tap < taps; tap++) {
    let a0 = <usize>load<u32>(rows)
    let a1 = <usize>load<u32>(rows, 4)
    let a2 = <usize>load<u32>(rows, 8)
    let a3 = <usize>load<u32>(rows, 12)
    let a4 = <usize>load<u32>(rows, 16)
    let a5 = <usize>load<u32>(rows, 20)
    rows += 24
    let k = depth
    for (; k >= 4; k -= 4) {
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
  store8(<usize>load<u32>(outs) + at, clamp(c00, low, high), clamp(c01, low, high), count)
  store8(<usize>load<u32>(outs, 4) + at, clamp(c10, low, high), clamp(c11, low, high), count)
  store8(<usize>load<u32>(outs, 8) + at, clamp(c20, low, high), clamp(c21, low, high), count)
  store8(<usize>load<u32>(outs, 12) + at, clamp(c30, low, high), clamp(c31, low, high), count)
  store8(<usize>load<u32>(outs, 16) + at, clamp(c40, low, high), clamp(c41, low, high), count)
  store8(<usize>load<u32>(outs, 20) + at, clamp(c50, low, high), clamp(c51, low, high), count)
}

/**
 * Adds to c[4, 8] the sum over `count` pairs (pointer to x row, pointer to dy row) of x[ci .. ci + 4] (outer) dy[co .. co + 8].
 * `ci`, `co` are byte offsets; c has `stride` bytes a row and `width` (1..8) live columns, `height` (1..4) live rows.
 */
export function outer4x8(
  pairs: usize, count: i32, ci: usize, co: usize, c: usize, stride: usize, height: i32, width: i32,
): void {
  let c00 = f32x4.splat(0)
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00
  let s: v128, b0: v128, b1: v128, a: usize, b: usize
  for (; count >= 2; count -= 2) {
    a = <usize>load<u32>(pairs) + ci
    b = <usize>load<u32>(pairs, 4) + co
    b0 = v128.load(b), b1 = v128.load(b, 16)
    s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    a = <usize>load<u32>(pairs, 8) + ci
    b = <usize>load<u32>(pairs, 12) + co
    b0 = v128.load(b), b1 = v128.load(b, 16)
    s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
    pairs += 16
  }
  if (count > 0) {
    a = <usize>load<u32>(pairs) + ci
    b = <usize>load<u32>(pairs, 4) + co
    b0 = v128.load(b), b1 = v128.load(b, 16)
    s = v128.load_splat<f32>(a), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31)
  }
  addTo8(c, c00, c01, width)
  if (height > 1) addTo8(c + stride, c10, c11, width)
  if (height > 2) addTo8(c + 2 * stride, c20, c21, width)
  if (height > 3) addTo8(c + 3 * stride, c30, c31, width)
}

function addTo8(at: usize, lo: v128, hi: v128, count: i32): void {
  if (count >= 8) {
    v128.store(at, f32x4.add(v128.load(at), lo))
    v128.store(at, f32x4.add(v128.load(at, 16), hi), 16)
    return
  }
  if (count >= 4) {
    v128.store(at, f32x4.add(v128.load(at), lo))
    lo = hi
    at += 16
    count -= 4
  }
  if (count > 0) store<f32>(at, load<f32>(at) + f32x4.extract_lane(lo, 0))
  if (count > 1) store<f32>(at, load<f32>(at, 4) + f32x4.extract_lane(lo, 1), 4)
  if (count > 2) store<f32>(at, load<f32>(at, 8) + f32x4.extract_lane(lo, 2), 8)
}
