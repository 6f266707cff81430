import { bound } from './args'
import { clamp, madd } from './vectors'

// The gradients write what is an input of the convolution: dx to x from dy in y, dw to filter.
@unmanaged class Depthwise {
  x: usize = 0 // [batch][height][width][channels]
  filter: usize = 0 // [filterHeight][filterWidth][channels][multiplier]
  bias: usize = 0 // [channels * multiplier], or 0
  residual: usize = 0 // like y, or 0
  y: usize = 0 // [batch][outHeight][outWidth][channels * multiplier]
  scratch: usize = 0
  threadBytes: usize = 0
  batch: i32 = 0
  height: i32 = 0
  width: i32 = 0
  channels: i32 = 0
  multiplier: i32 = 0
  outHeight: i32 = 0
  outWidth: i32 = 0
  filterHeight: i32 = 0
  filterWidth: i32 = 0
  stepY: i32 = 0
  stepX: i32 = 0
  dilationY: i32 = 0
  dilationX: i32 = 0
  top: i32 = 0
  left: i32 = 0
  low: f32 = 0
  high: f32 = 0
}

// to[i] += a[i / multiplier] * b[i] for `count` floats.
function addSpread(to: usize, a: usize, b: usize, count: i32, multiplier: i32): void {
  let i = 0
  if (multiplier == 1) {
    for (; i + 4 <= count; i += 4, to += 16, a += 16, b += 16) v128.store(to, madd(v128.load(a), v128.load(b), v128.load(to)))
    for (; i < count; i++, to += 4, a += 4, b += 4) store<f32>(to, load<f32>(to) + load<f32>(a) * load<f32>(b))
    return
  }
  for (; i < count; i += multiplier, a += 4) {
    const value = load<f32>(a)
    for (let m = 0; m < multiplier; m++, to += 4, b += 4) store<f32>(to, load<f32>(to) + value * load<f32>(b))
  }
}

/** y = clamp(bias + residual + sum over taps of x times filter), channel by channel; pieces are rows of y. */
export function depthwise(args: Depthwise, piece: i32, pieces: i32): void {
  const outHeight = args.outHeight, outWidth = args.outWidth, height = args.height, width = args.width
  const depth = args.channels * args.multiplier
  const bytes = <usize>args.channels << 2, outBytes = <usize>depth << 2
  const low = f32x4.splat(args.low), high = f32x4.splat(args.high)
  const end = bound(args.batch * outHeight, piece + 1, pieces)
  for (let row = bound(args.batch * outHeight, piece, pieces); row < end; row++) {
    const image = row / outHeight
    const y0 = (row - image * outHeight) * args.stepY - args.top
    for (let column = 0; column < outWidth; column++) {
      const to = args.y + <usize>(row * outWidth + column) * outBytes
      if (args.bias) memory.copy(to, args.bias, outBytes)
      else memory.fill(to, 0, outBytes)
      const x0 = column * args.stepX - args.left
      let filter = args.filter
      for (let ky = 0; ky < args.filterHeight; ky++) {
        const y = y0 + ky * args.dilationY
        for (let kx = 0; kx < args.filterWidth; kx++, filter += outBytes) {
          const x = x0 + kx * args.dilationX
          if (<u32>y >= <u32>height || <u32>x >= <u32>width) continue
          addSpread(to, args.x + <usize>((image * height + y) * width + x) * bytes, filter, depth, args.multiplier)
        }
      }
      if (args.residual) {
        const from = args.residual - args.y + to
        for (let o: usize = 0; o < outBytes; o += 4) store<f32>(to + o, load<f32>(to + o) + load<f32>(from + o))
      }
      let offset: usize = 0
      for (; offset + 16 <= outBytes; offset += 16) v128.store(to + offset, clamp(v128.load(to + offset), low, high))
      for (; offset < outBytes; offset += 4) {
        store<f32>(to + offset, f32x4.extract_lane(clamp(v128.load_splat<f32>(to + offset), low, high), 0))
      }
    }
  }
}

// to[c] += the sum of a[i] * b[i] over the `multiplier` outputs i of channel c.
function addGathered(to: usize, a: usize, b: usize, channels: i32, multiplier: i32): void {
  if (multiplier == 1) return addSpread(to, a, b, channels, 1)
  for (let c = 0; c < channels; c++, to += 4) {
    let sum: f32 = 0
    for (let m = 0; m < multiplier; m++, a += 4, b += 4) sum += load<f32>(a) * load<f32>(b)
    store<f32>(to, load<f32>(to) + sum)
  }
}

/** dx, the gradient by x, from dy and filter; pieces are rows of dx. */
export function depthwiseInputGradient(args: Depthwise, piece: i32, pieces: i32): void {
  const outHeight = args.outHeight, outWidth = args.outWidth, height = args.height, width = args.width
  const bytes = <usize>args.channels << 2, outBytes = bytes * args.multiplier
  const end = bound(args.batch * height, piece + 1, pieces)
  for (let row = bound(args.batch * height, piece, pieces); row < end; row++) {
    const image = row / height
    const y0 = row - image * height + args.top
    for (let column = 0; column < width; column++) {
      const to = args.x + <usize>(row * width + column) * bytes
      memory.fill(to, 0, bytes)
      for (let ky = 0; ky < args.filterHeight; ky++) {
        // The window that reaches this pixel by its tap ky starts at y.
        const y = y0 - ky * args.dilationY
        const outY = y / args.stepY
        if (y < 0 || outY >= outHeight || outY * args.stepY != y) continue
        for (let kx = 0; kx < args.filterWidth; kx++) {
          const x = column + args.left - kx * args.dilationX
          const outX = x / args.stepX
          if (x < 0 || outX >= outWidth || outX * args.stepX != x) continue
          const dy = args.y + <usize>((image * outHeight + outY) * outWidth + outX) * outBytes
          addGathered(to, dy, args.filter + <usize>(ky * args.filterWidth + kx) * outBytes, args.channels, args.multiplier)
        }
      }
    }
  }
}

/** dw, the gradient by the filter, from x and dy; pieces are taps. Rows of y are added up in double precision. */
export function depthwiseFilterGradient(args: Depthwise, piece: i32, pieces: i32, thread: i32): void {
  const outHeight = args.outHeight, outWidth = args.outWidth, height = args.height, width = args.width
  const depth = args.channels * args.multiplier
  const bytes = <usize>args.channels << 2, outBytes = <usize>depth << 2
  const sums = args.scratch + args.threadBytes * thread, ofRow = sums + 2 * outBytes
  const end = bound(args.filterHeight * args.filterWidth, piece + 1, pieces)
  for (let tap = bound(args.filterHeight * args.filterWidth, piece, pieces); tap < end; tap++) {
    const ky = tap / args.filterWidth, kx = tap - ky * args.filterWidth
    memory.fill(sums, 0, 2 * outBytes)
    for (let row = 0; row < args.batch * outHeight; row++) {
      const image = row / outHeight
      const y = (row - image * outHeight) * args.stepY - args.top + ky * args.dilationY
      if (<u32>y >= <u32>height) continue
      memory.fill(ofRow, 0, outBytes)
      for (let column = 0; column < outWidth; column++) {
        const x = column * args.stepX - args.left + kx * args.dilationX
        if (<u32>x >= <u32>width) continue
        const dy = args.y + <usize>(row * outWidth + column) * outBytes
        addSpread(ofRow, args.x + <usize>((image * height + y) * width + x) * bytes, dy, depth, args.multiplier)
      }
      for (let o: usize = 0; o < outBytes; o += 4) store<f64>(sums + 2 * o, load<f64>(sums + 2 * o) + <f64>load<f32>(ofRow + o))
    }
    const to = args.filter + <usize>tap * outBytes
    for (let o: usize = 0; o < outBytes; o += 4) store<f32>(to + o, <f32>load<f64>(sums + 2 * o))
  }
}
