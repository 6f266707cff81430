import { bound } from './args'

// Pieces are runs of whole vectors; the last one also has the rest.
function first(count: i32, piece: i32, pieces: i32): usize {
  return piece == pieces ? <usize>count << 2 : <usize>bound(count >> 2, piece, pieces) << 4
}

@unmanaged class Relu {
  x: usize = 0
  y: usize = 0
  count: i32 = 0
}

/** y = max(x, 0), NaN kept. */
export function relu(args: Relu, piece: i32, pieces: i32): void {
  const x = args.x, y = args.y
  const end = first(args.count, piece + 1, pieces)
  const zero = f32x4.splat(0)
  let at = first(args.count, piece, pieces)
  for (; at + 16 <= end; at += 16) v128.store(y + at, f32x4.pmax(v128.load(x + at), zero))
  for (; at < end; at += 4) {
    const value = load<f32>(x + at)
    store<f32>(y + at, value < 0 ? 0 : value)
  }
}

@unmanaged class ReluGradient {
  dy: usize = 0
  y: usize = 0
  dx: usize = 0
  count: i32 = 0
}

/** dx = y > 0 ? dy : 0. */
export function reluGradient(args: ReluGradient, piece: i32, pieces: i32): void {
  const dy = args.dy, y = args.y, dx = args.dx
  const end = first(args.count, piece + 1, pieces)
  const zero = f32x4.splat(0)
  let at = first(args.count, piece, pieces)
  for (; at + 16 <= end; at += 16) v128.store(dx + at, v128.and(v128.load(dy + at), f32x4.gt(v128.load(y + at), zero)))
  for (; at < end; at += 4) store<f32>(dx + at, load<f32>(y + at) > 0 ? load<f32>(dy + at) : 0)
}

@unmanaged class Add {
  a: usize = 0
  b: usize = 0
  sum: usize = 0
  count: i32 = 0
}

/** sum = a + b, same shape. */
export function add(args: Add, piece: i32, pieces: i32): void {
  const a = args.a, b = args.b, sum = args.sum
  const end = first(args.count, piece + 1, pieces)
  let at = first(args.count, piece, pieces)
  for (; at + 16 <= end; at += 16) v128.store(sum + at, f32x4.add(v128.load(a + at), v128.load(b + at)))
  for (; at < end; at += 4) store<f32>(sum + at, load<f32>(a + at) + load<f32>(b + at))
}
