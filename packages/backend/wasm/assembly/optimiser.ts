import { bound } from './args'
import { load4, store8 } from './vectors'

// A row is a part of a parameter: its address in each list, the number of floats, the index of the parameter, and the
// parameter's first row and number of rows.
function row(rows: usize, index: i32, lists: i32): usize {
  return rows + (<usize>(index * (lists + 4)) << 2)
}

@unmanaged class MomentumSteps {
  rows: usize = 0 // param, gradient, velocity, next param, next velocity
  count: i32 = 0
  learningRate: f32 = 0
  momentum: f32 = 0
  nesterov: i32 = 0
}

/** kept = momentum velocity + gradient; next = param - learningRate kept, or with Nesterov's (momentum kept + gradient). */
export function momentumSteps(args: MomentumSteps, piece: i32, pieces: i32): void {
  const rate = args.learningRate, momentum = args.momentum, nesterov = args.nesterov != 0
  const rates = f32x4.splat(rate), momenta = f32x4.splat(momentum)
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 5)
    const param = <usize>load<u32>(at), gradient = <usize>load<u32>(at, 4), velocity = <usize>load<u32>(at, 8)
    const next = <usize>load<u32>(at, 12), kept = <usize>load<u32>(at, 16), bytes = <usize>load<u32>(at, 20) << 2
    let i: usize = 0
    // Each product is rounded before it is added, as in the portable form.
    for (; i + 16 <= bytes; i += 16) {
      const g = v128.load(gradient + i), v = f32x4.add(f32x4.mul(v128.load(velocity + i), momenta), g)
      const direction = nesterov ? f32x4.add(f32x4.mul(v, momenta), g) : v
      v128.store(kept + i, v)
      v128.store(next + i, f32x4.sub(v128.load(param + i), f32x4.mul(direction, rates)))
    }
    for (; i < bytes; i += 4) {
      const g = load<f32>(gradient + i), v: f32 = load<f32>(velocity + i) * momentum + g
      const direction: f32 = nesterov ? v * momentum + g : v
      store<f32>(kept + i, v)
      store<f32>(next + i, load<f32>(param + i) - direction * rate)
    }
  }
}

// Each product is rounded before it is added, as in the portable form.
function meanOf(mean: v128, g: v128, shares: v128): v128 {
  return f32x4.add(mean, f32x4.mul(f32x4.sub(g, mean), shares))
}

function squareOf(square: v128, g: v128, betas: v128, shares: v128): v128 {
  return f32x4.add(f32x4.mul(square, betas), f32x4.mul(f32x4.mul(g, g), shares))
}

function directionOf(mean: v128, square: v128, rates: v128, epsilons: v128): v128 {
  return f32x4.div(f32x4.mul(mean, rates), f32x4.add(f32x4.sqrt(square), epsilons))
}

function store4(at: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(at, v)
  else store8(at, v, v, count)
}

@unmanaged class AdamSteps {
  rows: usize = 0 // param, gradient, mean, square, next param, next mean, next square
  count: i32 = 0
  share: f32 = 0
  beta2: f32 = 0
  squareShare: f32 = 0
  epsilon: f32 = 0
  rate: f32 = 0
}

/** mean' = mean + share (g - mean), square' = beta2 square + squareShare g^2, next = param - rate mean' / (sqrt(square') + epsilon). */
export function adamSteps(args: AdamSteps, piece: i32, pieces: i32): void {
  const shares = f32x4.splat(args.share), betas = f32x4.splat(args.beta2), squareShares = f32x4.splat(args.squareShare)
  const epsilons = f32x4.splat(args.epsilon), rates = f32x4.splat(args.rate)
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 7)
    const param = <usize>load<u32>(at), gradient = <usize>load<u32>(at, 4)
    const mean = <usize>load<u32>(at, 8), square = <usize>load<u32>(at, 12)
    const next = <usize>load<u32>(at, 16), nextMean = <usize>load<u32>(at, 20), nextSquare = <usize>load<u32>(at, 24)
    const floats = <i32>load<u32>(at, 28)
    for (let i = 0; i < floats; i += 4) {
      const by = <usize>i << 2, left = floats - i, g = load4(gradient + by, left)
      const m = meanOf(load4(mean + by, left), g, shares)
      const v = squareOf(load4(square + by, left), g, betas, squareShares)
      store4(nextMean + by, m, left)
      store4(nextSquare + by, v, left)
      store4(next + by, f32x4.sub(load4(param + by, left), directionOf(m, v, rates, epsilons)), left)
    }
  }
}

@unmanaged class LambDirections {
  rows: usize = 0 // param, gradient, mean, square, direction, next mean, next square
  count: i32 = 0
  sums: usize = 0 // [rows][2], f64: the squares of param and of direction
  share: f32 = 0
  beta2: f32 = 0
  squareShare: f32 = 0
  epsilon: f32 = 0
  correction: f32 = 0
  decay: f32 = 0
}

/** The means of Adam, direction = correction mean' / (sqrt(square') + epsilon) + decay param, and sums of squares. */
export function lambDirections(args: LambDirections, piece: i32, pieces: i32): void {
  const shares = f32x4.splat(args.share), betas = f32x4.splat(args.beta2), squareShares = f32x4.splat(args.squareShare)
  const epsilons = f32x4.splat(args.epsilon), corrections = f32x4.splat(args.correction)
  const decays = f32x4.splat(args.decay)
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 7)
    const param = <usize>load<u32>(at), gradient = <usize>load<u32>(at, 4)
    const mean = <usize>load<u32>(at, 8), square = <usize>load<u32>(at, 12)
    const direction = <usize>load<u32>(at, 16), nextMean = <usize>load<u32>(at, 20), nextSquare = <usize>load<u32>(at, 24)
    const floats = <i32>load<u32>(at, 28)
    for (let i = 0; i < floats; i += 4) {
      const by = <usize>i << 2, left = floats - i, g = load4(gradient + by, left)
      const m = meanOf(load4(mean + by, left), g, shares)
      const v = squareOf(load4(square + by, left), g, betas, squareShares)
      store4(nextMean + by, m, left)
      store4(nextSquare + by, v, left)
      const decayed = f32x4.mul(load4(param + by, left), decays)
      store4(direction + by, f32x4.add(directionOf(m, v, corrections, epsilons), decayed), left)
    }
    const sums = args.sums + (<usize>index << 4)
    store<f64>(sums, squareSum(param, floats))
    store<f64>(sums, squareSum(direction, floats), 8)
  }
}

// The sum of the squares, which are rounded to single precision first, as in the portable form.
function squareSum(from: usize, floats: i32): f64 {
  let a0 = f64x2.splat(0), a1 = a0
  for (; floats > 0; floats -= 4, from += 16) {
    const v = load4(from, floats), squares = f32x4.mul(v, v)
    a0 = f64x2.add(a0, f64x2.promote_low_f32x4(squares))
    a1 = f64x2.add(a1, f64x2.promote_low_f32x4(v128.shuffle<f32>(squares, squares, 2, 3, 2, 3)))
  }
  a0 = f64x2.add(a0, a1)
  return f64x2.extract_lane(a0, 0) + f64x2.extract_lane(a0, 1)
}

// The sum of a column of [rows][columns] over the rows of a parameter.
function ofParameter(sums: usize, first: i32, rows: i32, column: i32, columns: i32): f64 {
  let sum: f64 = 0
  for (let i = first; i < first + rows; i++) sum += load<f64>(sums + (<usize>(i * columns + column) << 3))
  return sum
}

@unmanaged class LambSteps {
  rows: usize = 0 // param, gradient, mean, square, direction and then next param, next mean, next square
  count: i32 = 0
  sums: usize = 0 // [rows][2], f64
  rate: f32 = 0
}

/** next = param - rate (|param| / |direction|) direction, in the place of direction. */
export function lambSteps(args: LambSteps, piece: i32, pieces: i32): void {
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 7)
    const param = <usize>load<u32>(at), next = <usize>load<u32>(at, 16), bytes = <usize>load<u32>(at, 28) << 2
    const first = <i32>load<u32>(at, 36), rows = <i32>load<u32>(at, 40)
    const own = <f32>Math.sqrt(ofParameter(args.sums, first, rows, 0, 2))
    const moved = <f32>Math.sqrt(ofParameter(args.sums, first, rows, 1, 2))
    const ratio: f32 = own > 0 && moved > 0 ? own / moved : 1
    const rate: f32 = ratio * args.rate, rates = f32x4.splat(rate)
    let i: usize = 0
    for (; i + 16 <= bytes; i += 16) {
      v128.store(next + i, f32x4.sub(v128.load(param + i), f32x4.mul(v128.load(next + i), rates)))
    }
    for (; i < bytes; i += 4) store<f32>(next + i, load<f32>(param + i) - load<f32>(next + i) * rate)
  }
}

@unmanaged class AddScaled {
  rows: usize = 0 // x, y, sum
  count: i32 = 0
  factor: f32 = 0
}

/** x + factor y. */
export function addScaled(args: AddScaled, piece: i32, pieces: i32): void {
  const factor = args.factor, factors = f32x4.splat(factor)
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 3)
    const x = <usize>load<u32>(at), y = <usize>load<u32>(at, 4), out = <usize>load<u32>(at, 8)
    const bytes = <usize>load<u32>(at, 12) << 2
    let i: usize = 0
    for (; i + 16 <= bytes; i += 16) {
      v128.store(out + i, f32x4.add(v128.load(x + i), f32x4.mul(v128.load(y + i), factors)))
    }
    for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(x + i) + load<f32>(y + i) * factor)
  }
}

@unmanaged class ScaleAll {
  rows: usize = 0 // x, product
  count: i32 = 0
  factor: usize = 0
}

/** factor x. */
export function scaleAll(args: ScaleAll, piece: i32, pieces: i32): void {
  const factor = load<f32>(args.factor), factors = f32x4.splat(factor)
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 2)
    const x = <usize>load<u32>(at), out = <usize>load<u32>(at, 4), bytes = <usize>load<u32>(at, 8) << 2
    let i: usize = 0
    for (; i + 16 <= bytes; i += 16) v128.store(out + i, f32x4.mul(v128.load(x + i), factors))
    for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(x + i) * factor)
  }
}

@unmanaged class SquareSums {
  rows: usize = 0 // x
  count: i32 = 0
  sums: usize = 0 // [rows], f64
}

/** The sum of the squares of each row. */
export function squareSums(args: SquareSums, piece: i32, pieces: i32): void {
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 1)
    store<f64>(args.sums + (<usize>index << 3), squareSum(<usize>load<u32>(at), <i32>load<u32>(at, 4)))
  }
}

@unmanaged class AddRowSums {
  rows: usize = 0 // x
  count: i32 = 0
  sums: usize = 0 // [rows], f64
  out: usize = 0 // [parameters]
}

/** Adds the rows of each parameter up. */
export function addRowSums(args: AddRowSums, piece: i32, pieces: i32): void {
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 1)
    const first = <i32>load<u32>(at, 12)
    if (index != first) continue
    const sum = ofParameter(args.sums, first, <i32>load<u32>(at, 16), 0, 1)
    store<f32>(args.out + (<usize>load<u32>(at, 8) << 2), <f32>sum)
  }
}
