import { bound } from './args'

@unmanaged class Moments {
  x: usize = 0
  partial: usize = 0 // [chunks][2][channels]
  rows: i32 = 0
  channels: i32 = 0
  chunkRows: i32 = 0
  squares: i32 = 0 // 0 or 1
}

/**
 * Per chunk of rows and per channel: the sum and, if asked, the sum of squared distances to the chunk's own mean. A chunk
 * fits the first cache, so its second pass is free; chunks are the same for every number of threads.
 */
export function moments(args: Moments, thread: i32, threads: i32): void {
  const x = args.x, partial = args.partial
  const rows = args.rows, channels = args.channels, size = args.chunkRows, squares = args.squares
  const chunks = (rows + size - 1) / size
  const stride = <usize>channels * 4
  const end = bound(chunks, thread + 1, threads)
  for (let chunk = bound(chunks, thread, threads); chunk < end; chunk++) {
    const first = chunk * size
    const count = min(size, rows - first)
    const from = x + <usize>first * stride
    const sums = partial + <usize>chunk * 2 * stride, spreads = sums + stride
    let c = 0
    for (; c + 8 <= channels; c += 8) {
      let s0 = f32x4.splat(0), s1 = s0
      let at = from + (<usize>c << 2)
      for (let i = 0; i < count; i++, at += stride) {
        s0 = f32x4.add(s0, v128.load(at))
        s1 = f32x4.add(s1, v128.load(at, 16))
      }
      const to = sums + (<usize>c << 2)
      v128.store(to, s0)
      v128.store(to, s1, 16)
      if (squares) {
        const scale = f32x4.splat(<f32>1 / <f32>count)
        const m0 = f32x4.mul(s0, scale), m1 = f32x4.mul(s1, scale)
        let q0 = f32x4.splat(0), q1 = q0
        at = from + (<usize>c << 2)
        for (let i = 0; i < count; i++, at += stride) {
          const d0 = f32x4.sub(v128.load(at), m0), d1 = f32x4.sub(v128.load(at, 16), m1)
          q0 = f32x4.add(q0, f32x4.mul(d0, d0))
          q1 = f32x4.add(q1, f32x4.mul(d1, d1))
        }
        v128.store(to + stride, q0)
        v128.store(to + stride, q1, 16)
      }
    }
    for (; c < channels; c++) {
      let s: f64 = 0
      let at = from + (<usize>c << 2)
      for (let i = 0; i < count; i++, at += stride) s += <f64>load<f32>(at)
      store<f32>(sums + (<usize>c << 2), <f32>s)
      if (squares) {
        const m = <f32>(s / <f64>count)
        let q: f32 = 0
        at = from + (<usize>c << 2)
        for (let i = 0; i < count; i++, at += stride) {
          const d = load<f32>(at) - m
          q += d * d
        }
        store<f32>(spreads + (<usize>c << 2), q)
      }
    }
  }
}

@unmanaged class CombineMoments {
  partial: usize = 0 // [chunks][2][channels]
  out: usize = 0 // mean or sum
  variance: usize = 0 // [channels]
  rows: i32 = 0
  channels: i32 = 0
  chunkRows: i32 = 0
  scale: f32 = 0 // of the sum
  groups: i32 = 0
}

/**
 * Adds the chunks up in double precision: mean and biased variance (Chan's rule), or scaled sums.
 * Groups are consecutive runs of chunks, one output row each.
 */
export function combineMoments(args: CombineMoments, thread: i32, threads: i32): void {
  const partial = args.partial, out = args.out, variance = args.variance
  const rows = args.rows, channels = args.channels, size = args.chunkRows, scale = <f64>args.scale
  const groups = args.groups
  const chunks = (rows + size - 1) / size
  const stride = <usize>channels * 4
  if (thread != 0) return
  for (let group = 0; group < groups; group++) {
    for (let c = 0; c < channels; c++) {
      let at = partial + <usize>(group * chunks * 2) * stride + (<usize>c << 2)
      let sum: f64 = 0, spread: f64 = 0
      for (let chunk = 0; chunk < chunks; chunk++, at += 2 * stride) {
        const count = <f64>min(size, rows - chunk * size)
        const part = <f64>load<f32>(at)
        if (variance) {
          const before = <f64>(chunk * size)
          if (chunk > 0) {
            const delta = part / count - sum / before
            spread += delta * delta * before * count / (before + count)
          }
          spread += <f64>load<f32>(at + stride)
        }
        sum += part
      }
      store<f32>(out + <usize>group * stride + (<usize>c << 2), <f32>(variance ? sum / <f64>rows : sum * scale))
      if (variance) store<f32>(variance + (<usize>c << 2), <f32>(spread / <f64>rows))
    }
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
export function gradientMoments(args: GradientMoments, thread: i32, threads: i32): void {
  const dy = args.dy, x = args.x, mean = args.mean, partial = args.partial
  const rows = args.rows, channels = args.channels, size = args.chunkRows
  const chunks = (rows + size - 1) / size
  const stride = <usize>channels * 4
  const end = bound(chunks, thread + 1, threads)
  for (let chunk = bound(chunks, thread, threads); chunk < end; chunk++) {
    const first = chunk * size
    const count = min(size, rows - first)
    const sums = partial + <usize>chunk * 2 * stride
    const start = <usize>first * stride
    let c = 0
    for (; c + 8 <= channels; c += 8) {
      const offset = <usize>c << 2
      const m0 = v128.load(mean + offset), m1 = v128.load(mean + offset, 16)
      let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0
      let at = dy + start + offset, xt = x + start + offset
      for (let i = 0; i < count; i++, at += stride, xt += stride) {
        const g0 = v128.load(at), g1 = v128.load(at, 16)
        s0 = f32x4.add(s0, g0)
        s1 = f32x4.add(s1, g1)
        q0 = f32x4.add(q0, f32x4.mul(g0, f32x4.sub(v128.load(xt), m0)))
        q1 = f32x4.add(q1, f32x4.mul(g1, f32x4.sub(v128.load(xt, 16), m1)))
      }
      v128.store(sums + offset, s0)
      v128.store(sums + offset, s1, 16)
      v128.store(sums + stride + offset, q0)
      v128.store(sums + stride + offset, q1, 16)
    }
    for (; c < channels; c++) {
      const offset = <usize>c << 2
      const m = load<f32>(mean + offset)
      let s: f32 = 0, q: f32 = 0
      let at = dy + start + offset, xt = x + start + offset
      for (let i = 0; i < count; i++, at += stride, xt += stride) {
        const g = load<f32>(at)
        s += g
        q += g * (load<f32>(xt) - m)
      }
      store<f32>(sums + offset, s)
      store<f32>(sums + stride + offset, q)
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
export function combineGradient(args: CombineGradient, thread: i32, threads: i32): void {
  const partial = args.partial, weight = args.weight, variance = args.variance
  const dweight = args.dweight, dbias = args.dbias, coefficients = args.coefficients
  const rows = args.rows, channels = args.channels, size = args.chunkRows, epsilon = <f64>args.epsilon
  const chunks = (rows + size - 1) / size
  const stride = <usize>channels * 4
  if (thread != 0) return
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
export function normalise(args: Normalise, thread: i32, threads: i32): void {
  const x = args.x, mean = args.mean, variance = args.variance
  const weight = args.weight, bias = args.bias, y = args.y
  const rows = args.rows, channels = args.channels, epsilon = args.epsilon
  const stride = <usize>channels * 4
  const scale = args.scratch + stride * thread
  for (let offset: usize = 0; offset < stride; offset += 4) {
    store<f32>(scale + offset, load<f32>(weight + offset) / Mathf.sqrt(load<f32>(variance + offset) + epsilon))
  }
  const end = bound(rows, thread + 1, threads)
  for (let row = bound(rows, thread, threads); row < end; row++) {
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
export function normaliseGradient(args: NormaliseGradient, thread: i32, threads: i32): void {
  const dy = args.dy, x = args.x, mean = args.mean
  const a = args.coefficients, dx = args.dx
  const rows = args.rows, channels = args.channels
  const stride = <usize>channels * 4
  const k = a + stride, c = k + stride
  const end = bound(rows, thread + 1, threads)
  for (let row = bound(rows, thread, threads); row < end; row++) {
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
