// Pictures filtered along one axis: sums of bytes times weights of 22 bits, rounded to bytes. Reads and writes up to
// 15 bytes beyond the end of what it is given.

// @ts-ignore: decorator
@inline const precisionBits = 22

// @ts-ignore: decorator
@inline function half(): v128 { return i32x4.splat(1 << (precisionBits - 1)) }

// @ts-ignore: decorator
@inline function toBytes(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_s(i32x4.shr_s(a, precisionBits), i32x4.shr_s(b, precisionBits)),
    i16x8.narrow_i32x4_s(i32x4.shr_s(c, precisionBits), i32x4.shr_s(d, precisionBits)),
  )
}

/** Adds four pixels of RGB that lie side by side, times a weight each; the fourth lane is of no use. */
// @ts-ignore: decorator
@inline function addFourRgb(sum: v128, x: v128, u: v128, v: v128, w: v128, z: v128): v128 {
  const none = i32x4.splat(0)
  sum = i32x4.add(sum, i32x4.mul(u, i8x16.shuffle(x, none, 0, 16, 16, 16, 1, 16, 16, 16, 2, 16, 16, 16, 16, 16, 16, 16)))
  sum = i32x4.add(sum, i32x4.mul(v, i8x16.shuffle(x, none, 3, 16, 16, 16, 4, 16, 16, 16, 5, 16, 16, 16, 16, 16, 16, 16)))
  sum = i32x4.add(sum, i32x4.mul(w, i8x16.shuffle(x, none, 6, 16, 16, 16, 7, 16, 16, 16, 8, 16, 16, 16, 16, 16, 16, 16)))
  return i32x4.add(sum, i32x4.mul(z, i8x16.shuffle(x, none, 9, 16, 16, 16, 10, 16, 16, 16, 11, 16, 16, 16, 16, 16, 16, 16)))
}

/** The same of pixels with alpha, which is left out. */
// @ts-ignore: decorator
@inline function addFourRgba(sum: v128, x: v128, u: v128, v: v128, w: v128, z: v128): v128 {
  const none = i32x4.splat(0)
  sum = i32x4.add(sum, i32x4.mul(u, i8x16.shuffle(x, none, 0, 16, 16, 16, 1, 16, 16, 16, 2, 16, 16, 16, 16, 16, 16, 16)))
  sum = i32x4.add(sum, i32x4.mul(v, i8x16.shuffle(x, none, 4, 16, 16, 16, 5, 16, 16, 16, 6, 16, 16, 16, 16, 16, 16, 16)))
  sum = i32x4.add(sum, i32x4.mul(w, i8x16.shuffle(x, none, 8, 16, 16, 16, 9, 16, 16, 16, 10, 16, 16, 16, 16, 16, 16, 16)))
  return i32x4.add(sum, i32x4.mul(z, i8x16.shuffle(x, none, 12, 16, 16, 16, 13, 16, 16, 16, 14, 16, 16, 16, 16, 16, 16, 16)))
}

// @ts-ignore: decorator
@inline function colourRows(
  from: usize, to: usize, rows: i32, width: i32, start: usize, weights: usize, count: i32, taps: i32, alpha: bool,
): void {
  const pixel: usize = alpha ? 4 : 3
  const length = <usize>width * pixel
  for (let y = 0; y < rows; y++) {
    let weight = weights
    for (let i = 0; i < count; i++) {
      let at = from + <usize>load<i32>(start + (<usize>i << 2)) * pixel
      let sum = half()
      for (let k = 0; k < taps; k += 4) {
        const x = v128.load(at)
        const u = v128.load32_splat(weight), v = v128.load32_splat(weight, 4)
        const w = v128.load32_splat(weight, 8), z = v128.load32_splat(weight, 12)
        sum = alpha ? addFourRgba(sum, x, u, v, w, z) : addFourRgb(sum, x, u, v, w, z)
        at += 4 * pixel
        weight += 16
      }
      v128.store32_lane(to, toBytes(sum, sum, sum, sum), 0)
      to += 3
    }
    from += length
  }
}

/** Filters along rows of RGB. `taps` is a multiple of 4. */
export function rows3(
  from: usize, to: usize, rows: i32, width: i32, start: usize, weights: usize, count: i32, taps: i32,
): void {
  colourRows(from, to, rows, width, start, weights, count, taps, false)
}

/** Filters along rows of RGB and alpha, which is left out. */
export function rows4(
  from: usize, to: usize, rows: i32, width: i32, start: usize, weights: usize, count: i32, taps: i32,
): void {
  colourRows(from, to, rows, width, start, weights, count, taps, true)
}

/** Filters along grey rows. */
export function rows1(
  from: usize, to: usize, rows: i32, width: i32, start: usize, weights: usize, count: i32, taps: i32,
): void {
  for (let y = 0; y < rows; y++) {
    let weight = weights
    for (let i = 0; i < count; i++) {
      let at = from + <usize>load<i32>(start + (<usize>i << 2))
      let sum = i32x4.splat(0)
      for (let k = 0; k < taps; k += 4) {
        const x = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)))
        sum = i32x4.add(sum, i32x4.mul(x, v128.load(weight)))
        at += 4
        weight += 16
      }
      const total = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2)
        + i32x4.extract_lane(sum, 3) + (1 << (precisionBits - 1))
      store<u8>(to++, <u8>min(255, max(0, total >> precisionBits)))
    }
    from += <usize>width
  }
}

/** Filters down columns of `length` bytes a row; the first row given is row `top` of the picture. */
export function columns(
  from: usize, to: usize, length: i32, top: i32, start: usize, end: usize, weights: usize, count: i32, taps: i32,
): void {
  const stride = <usize>length
  for (let i = 0; i < count; i++) {
    const low = load<i32>(start + (<usize>i << 2))
    const rows = load<i32>(end + (<usize>i << 2)) - low
    const first = from + <usize>(low - top) * stride
    const weight = weights + (<usize>i * <usize>taps << 2)
    for (let j: usize = 0; j < stride; j += 16) {
      let at = first + j
      let a = half(), b = half(), c = half(), d = half()
      for (let k = 0; k < rows; k++) {
        const w = v128.load32_splat(weight + (<usize>k << 2))
        const x = v128.load(at)
        const low = i16x8.extend_low_i8x16_u(x), high = i16x8.extend_high_i8x16_u(x)
        a = i32x4.add(a, i32x4.mul(w, i32x4.extend_low_i16x8_u(low)))
        b = i32x4.add(b, i32x4.mul(w, i32x4.extend_high_i16x8_u(low)))
        c = i32x4.add(c, i32x4.mul(w, i32x4.extend_low_i16x8_u(high)))
        d = i32x4.add(d, i32x4.mul(w, i32x4.extend_high_i16x8_u(high)))
        at += stride
      }
      v128.store(to + j, toBytes(a, b, c, d))
    }
    to += stride
  }
}
