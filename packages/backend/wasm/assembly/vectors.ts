export function madd(a: v128, b: v128, c: v128): v128 {
  // One source, two binaries: where the engine has relaxed SIMD, one instruction does both.
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

export function clamp(v: v128, low: v128, high: v128): v128 {
  // In this order a NaN stays a NaN.
  return f32x4.pmin(f32x4.pmax(v, low), high)
}

/** Stores the first `count` (1..8) floats of the pair (lo, hi) at `at`. */
export function store8(at: usize, lo: v128, hi: v128, count: i32): void {
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

/** The first `count` floats at `at`, and zeros for the rest of four. */
export function load4(at: usize, count: i32): v128 {
  if (count >= 4) return v128.load(at)
  let v = f32x4.splat(0)
  if (count > 0) v = v128.load_lane<f32>(at, v, 0)
  if (count > 1) v = v128.load_lane<f32>(at + 4, v, 1)
  if (count > 2) v = v128.load_lane<f32>(at + 8, v, 2)
  return v
}

/** Adds the first `count` (1..8) floats of the pair (lo, hi) to those at `at`. */
export function addTo8(at: usize, lo: v128, hi: v128, count: i32): void {
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
