import { bound, tilesOver } from './args'
import { clamp } from './vectors'
import { RUN, sum64 } from './reduction'

@unmanaged class Moments {
  x: usize = 0
  partial: usize = 0 // [chunks][3][channels]
  rows: i32 = 0
  channels: i32 = 0
  chunkRows: i32 = 0
}

/**
 * Per chunk of rows and per channel: a mean, and about that mean the sum and the sum of squares of the distances. The first mean is off by
 * the rounding of its sum; the sum of distances says by how much. A chunk fits the first cache, so its second pass is nearly free; chunks
 * are the same for every number of pieces.
 */
export function moments(args: Moments, piece: i32, pieces: i32): void {
  const x = args.x, partial = args.partial
  const rows = args.rows, channels = args.channels, size = args.chunkRows
  const chunks = tilesOver(rows, size)
  const stride = <usize>channels * 4
  const end = bound(chunks, piece + 1, pieces)
  for (let chunk = bound(chunks, piece, pieces); chunk < end; chunk++) {
    const first = chunk * size
    const count = min(size, rows - first)
    const from = x + <usize>first * stride
    const to = partial + <usize>chunk * 3 * stride
    let c = 0
    for (; c + 8 <= channels; c += 8) {
      let s0 = f32x4.splat(0), s1 = s0
      let at = from + (<usize>c << 2)
      for (let i = 0; i < count; i++, at += stride) {
        s0 = f32x4.add(s0, v128.load(at))
        s1 = f32x4.add(s1, v128.load(at, 16))
      }
      const scale = f32x4.splat(<f32>1 / <f32>count)
      const m0 = f32x4.mul(s0, scale), m1 = f32x4.mul(s1, scale)
      s0 = f32x4.splat(0), s1 = s0
      let q0 = s0, q1 = s0
      at = from + (<usize>c << 2)
      for (let i = 0; i < count; i++, at += stride) {
        const d0 = f32x4.sub(v128.load(at), m0), d1 = f32x4.sub(v128.load(at, 16), m1)
        s0 = f32x4.add(s0, d0)
        s1 = f32x4.add(s1, d1)
        q0 = f32x4.add(q0, f32x4.mul(d0, d0))
        q1 = f32x4.add(q1, f32x4.mul(d1, d1))
      }
      const sums = to + (<usize>c << 2)
      v128.store(sums, m0), v128.store(sums, m1, 16)
      v128.store(sums + stride, s0), v128.store(sums + stride, s1, 16)
      v128.store(sums + 2 * stride, q0), v128.store(sums + 2 * stride, q1, 16)
    }
    for (; c < channels; c++) {
      const start = from + (<usize>c << 2)
      const m = <f32>(sum64(start, count, stride) / <f64>count)
      let s: f64 = 0, q: f64 = 0
      let at = start
      for (let i = 0; i < count; i++, at += stride) {
        const d = <f64>(load<f32>(at) - m)
        s += d
        q += d * d
      }
      const sums = to + (<usize>c << 2)
      store<f32>(sums, m)
      store<f32>(sums + stride, <f32>s)
      store<f32>(sums + 2 * stride, <f32>q)
    }
  }
}

@unmanaged class CombineMoments {
  partial: usize = 0 // [chunks][3][channels]
  mean: usize = 0
  variance: usize = 0
  rows: i32 = 0
  channels: i32 = 0
  chunkRows: i32 = 0
}

/** Adds the chunks up in double precision: mean and biased variance (Chan's rule). */
export function combineMoments(args: CombineMoments, piece: i32, pieces: i32): void {
  const rows = args.rows, size = args.chunkRows
  const chunks = tilesOver(rows, size)
  const stride = <usize>args.channels * 4
  for (let offset: usize = 0; offset < stride; offset += 4) {
    let at = args.partial + offset
    let mean: f64 = 0, spread: f64 = 0
    for (let chunk = 0; chunk < chunks; chunk++, at += 3 * stride) {
      const count = <f64>min(size, rows - chunk * size), before = <f64>(chunk * size)
      const beyond = <f64>load<f32>(at + stride) / count
      const delta = <f64>load<f32>(at) + beyond - mean
      spread += <f64>load<f32>(at + 2 * stride) - beyond * beyond * count + delta * delta * before * count / (before + count)
      mean += delta * count / (before + count)
    }
    store<f32>(args.mean + offset, <f32>mean)
    store<f32>(args.variance + offset, <f32>(max(spread, 0) / <f64>rows))
  }
}

@unmanaged class GradientMoments {
  dy: usize = 0
  x: usize = 0
  mean: usize = 0
  partial: usize = 0 // [chunks][2][channels]
  rows: i32 = 0
  channels: i32 = 0
  chunkRows: i32 = 0
}

/** Per chunk and channel: the sums of dy and of dy * (x - mean). */
export function gradientMoments(args: GradientMoments, piece: i32, pieces: i32): void {
  const dy = args.dy, x = args.x, mean = args.mean, partial = args.partial
  const rows = args.rows, channels = args.channels, size = args.chunkRows
  const chunks = tilesOver(rows, size)
  const stride = <usize>channels * 4
  const end = bound(chunks, piece + 1, pieces)
  for (let chunk = bound(chunks, piece, pieces); chunk < end; chunk++) {
    const first = chunk * size
    const count = min(size, rows - first)
    const sums = partial + <usize>chunk * 2 * stride
    const start = <usize>first * stride
    let c = 0
    for (; c + 8 <= channels; c += 8) {
      const offset = <usize>c << 2
      const m0 = v128.load(mean + offset), m1 = v128.load(mean + offset, 16)
      let at = dy + start + offset, xt = x + start + offset
      let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0
      for (let i = 0; i < count; i += RUN) {
        // Short runs are added up apart, and then to the chunk's: rounding does not grow with its length.
        let r0 = f32x4.splat(0), r1 = r0, p0 = r0, p1 = r0
        for (let k = min(RUN, count - i); k > 0; k--, at += stride, xt += stride) {
          const g0 = v128.load(at), g1 = v128.load(at, 16)
          r0 = f32x4.add(r0, g0)
          r1 = f32x4.add(r1, g1)
          p0 = f32x4.add(p0, f32x4.mul(g0, f32x4.sub(v128.load(xt), m0)))
          p1 = f32x4.add(p1, f32x4.mul(g1, f32x4.sub(v128.load(xt, 16), m1)))
        }
        s0 = f32x4.add(s0, r0), s1 = f32x4.add(s1, r1)
        q0 = f32x4.add(q0, p0), q1 = f32x4.add(q1, p1)
      }
      v128.store(sums + offset, s0)
      v128.store(sums + offset, s1, 16)
      v128.store(sums + stride + offset, q0)
      v128.store(sums + stride + offset, q1, 16)
    }
    for (; c < channels; c++) {
      const offset = <usize>c << 2
      const m = load<f32>(mean + offset)
      let s: f64 = 0, q: f64 = 0
      let at = dy + start + offset, xt = x + start + offset
      for (let i = 0; i < count; i++, at += stride, xt += stride) {
        const g = load<f32>(at)
        s += <f64>g
        q += <f64>(g * (load<f32>(xt) - m))
      }
      store<f32>(sums + offset, <f32>s)
      store<f32>(sums + stride + offset, <f32>q)
    }
  }
}

@unmanaged class CombineGradient {
  partial: usize = 0 // [chunks][2][channels]
  weight: usize = 0
  variance: usize = 0 // [channels]
  dweight: usize = 0
  dbias: usize = 0
  coefficients: usize = 0 // [3][channels]
  rows: i32 = 0
  channels: i32 = 0
  chunkRows: i32 = 0
  epsilon: f32 = 0
}

/**
 * From the chunk sums to the gradients of weight and bias and the three coefficients of
 * dx = a * dy + k * (x - mean) + c.
 */
export function combineGradient(args: CombineGradient, piece: i32, pieces: i32): void {
  const partial = args.partial, weight = args.weight, variance = args.variance
  const dweight = args.dweight, dbias = args.dbias, coefficients = args.coefficients
  const rows = args.rows, channels = args.channels, size = args.chunkRows, epsilon = <f64>args.epsilon
  const chunks = tilesOver(rows, size)
  const stride = <usize>channels * 4
  for (let c = 0; c < channels; c++) {
    const offset = <usize>c << 2
    let s: f64 = 0, q: f64 = 0
    let at = partial + offset
    for (let chunk = 0; chunk < chunks; chunk++, at += 2 * stride) {
      s += <f64>load<f32>(at)
      q += <f64>load<f32>(at + stride)
    }
    const r = 1 / Math.sqrt(<f64>load<f32>(variance + offset) + epsilon)
    const a = r * <f64>load<f32>(weight + offset)
    store<f32>(dbias + offset, <f32>s)
    store<f32>(dweight + offset, <f32>(r * q))
    store<f32>(coefficients + offset, <f32>a)
    store<f32>(coefficients + stride + offset, <f32>(-a * r * r * q / <f64>rows))
    store<f32>(coefficients + 2 * stride + offset, <f32>(-a * s / <f64>rows))
  }
}

@unmanaged class Normalise {
  x: usize = 0
  mean: usize = 0
  variance: usize = 0 // [channels]
  weight: usize = 0
  bias: usize = 0
  y: usize = 0
  scratch: usize = 0 // [channels] a thread
  rows: i32 = 0
  channels: i32 = 0
  epsilon: f32 = 0
}

/** y = scale * (x - mean) + bias, scale = weight / sqrt(variance + epsilon), by rows. */
export function normalise(args: Normalise, piece: i32, pieces: i32, thread: i32): void {
  const x = args.x, mean = args.mean, variance = args.variance
  const weight = args.weight, bias = args.bias, y = args.y
  const rows = args.rows, channels = args.channels, epsilon = args.epsilon
  const stride = <usize>channels * 4
  const scale = args.scratch + stride * thread
  for (let offset: usize = 0; offset < stride; offset += 4) {
    store<f32>(scale + offset, load<f32>(weight + offset) / Mathf.sqrt(load<f32>(variance + offset) + epsilon))
  }
  const end = bound(rows, piece + 1, pieces)
  for (let row = bound(rows, piece, pieces); row < end; row++) {
    const at = x + <usize>row * stride, to = y + <usize>row * stride
    let offset: usize = 0
    for (; offset + 16 <= stride; offset += 16) {
      const centred = f32x4.sub(v128.load(at + offset), v128.load(mean + offset))
      v128.store(to + offset, f32x4.add(f32x4.mul(centred, v128.load(scale + offset)), v128.load(bias + offset)))
    }
    for (; offset < stride; offset += 4) {
      store<f32>(to + offset, (load<f32>(at + offset) - load<f32>(mean + offset)) * load<f32>(scale + offset) + load<f32>(bias + offset))
    }
  }
}

@unmanaged class NormaliseGradient {
  dy: usize = 0
  x: usize = 0
  mean: usize = 0
  coefficients: usize = 0 // [3][channels]
  dx: usize = 0
  rows: i32 = 0
  channels: i32 = 0
}

/** dx = a * dy + k * (x - mean) + c. */
export function normaliseGradient(args: NormaliseGradient, piece: i32, pieces: i32): void {
  const dy = args.dy, x = args.x, mean = args.mean
  const a = args.coefficients, dx = args.dx
  const rows = args.rows, channels = args.channels
  const stride = <usize>channels * 4
  const k = a + stride, c = k + stride
  const end = bound(rows, piece + 1, pieces)
  for (let row = bound(rows, piece, pieces); row < end; row++) {
    const start = <usize>row * stride
    let offset: usize = 0
    for (; offset + 16 <= stride; offset += 16) {
      const centred = f32x4.sub(v128.load(x + start + offset), v128.load(mean + offset))
      const slope = f32x4.add(f32x4.mul(centred, v128.load(k + offset)), v128.load(c + offset))
      v128.store(dx + start + offset, f32x4.add(f32x4.mul(v128.load(dy + start + offset), v128.load(a + offset)), slope))
    }
    for (; offset < stride; offset += 4) {
      const slope = (load<f32>(x + start + offset) - load<f32>(mean + offset)) * load<f32>(k + offset) + load<f32>(c + offset)
      store<f32>(dx + start + offset, load<f32>(dy + start + offset) * load<f32>(a + offset) + slope)
    }
  }
}

@unmanaged class ScaleShift {
  x: usize = 0
  scale: usize = 0 // [channels], for each image or for all
  shift: usize = 0 // [channels], or 0
  residual: usize = 0 // like y, or 0
  y: usize = 0
  images: i32 = 0
  pixels: i32 = 0 // of an image
  channels: i32 = 0
  scaleStride: usize = 0 // bytes between the factors of two images; 0 if they share theirs
  low: f32 = 0
  high: f32 = 0
}

/** y = clamp(scale * x + shift + residual), by rows. */
export function scaleShift(args: ScaleShift, piece: i32, pieces: i32): void {
  const x = args.x, shift = args.shift, residual = args.residual, y = args.y, pixels = args.pixels
  const stride = <usize>args.channels << 2
  const low = f32x4.splat(args.low), high = f32x4.splat(args.high)
  const end = bound(args.images * pixels, piece + 1, pieces)
  for (let row = bound(args.images * pixels, piece, pieces); row < end; row++) {
    const start = <usize>row * stride
    const from = x + start, to = y + start, other = residual + start
    const scale = args.scale + <usize>(row / pixels) * args.scaleStride
    let offset: usize = 0
    for (; offset + 16 <= stride; offset += 16) {
      let v = f32x4.mul(v128.load(from + offset), v128.load(scale + offset))
      if (shift) v = f32x4.add(v, v128.load(shift + offset))
      if (residual) v = f32x4.add(v, v128.load(other + offset))
      v128.store(to + offset, clamp(v, low, high))
    }
    for (; offset < stride; offset += 4) {
      let v = load<f32>(from + offset) * load<f32>(scale + offset)
      if (shift) v += load<f32>(shift + offset)
      if (residual) v += load<f32>(other + offset)
      store<f32>(to + offset, f32x4.extract_lane(clamp(f32x4.splat(v), low, high), 0))
    }
  }
}
