import { bound } from './conv'

function arg(args: usize, index: i32): i32 {
  return load<i32>(args + (<usize>index << 2))
}

// Threads take runs of whole vectors; the last one also takes the rest.
function first(count: i32, thread: i32, threads: i32): usize {
  return thread == threads ? <usize>count << 2 : <usize>bound(count >> 2, thread, threads) << 4
}

/** y = max(x, 0), NaN kept. args: x, y, count */
export function relu(args: usize, thread: i32, threads: i32): void {
  const x = <usize>arg(args, 0), y = <usize>arg(args, 1)
  const end = first(arg(args, 2), thread + 1, threads)
  const zero = f32x4.splat(0)
  let at = first(arg(args, 2), thread, threads)
  for (; at + 16 <= end; at += 16) v128.store(y + at, f32x4.pmax(v128.load(x + at), zero))
  for (; at < end; at += 4) {
    const value = load<f32>(x + at)
    store<f32>(y + at, value < 0 ? 0 : value)
  }
}

/** dx = y > 0 ? dy : 0. args: dy, y, dx, count */
export function reluGradient(args: usize, thread: i32, threads: i32): void {
  const dy = <usize>arg(args, 0), y = <usize>arg(args, 1), dx = <usize>arg(args, 2)
  const end = first(arg(args, 3), thread + 1, threads)
  const zero = f32x4.splat(0)
  let at = first(arg(args, 3), thread, threads)
  for (; at + 16 <= end; at += 16) v128.store(dx + at, v128.and(v128.load(dy + at), f32x4.gt(v128.load(y + at), zero)))
  for (; at < end; at += 4) store<f32>(dx + at, load<f32>(y + at) > 0 ? load<f32>(dy + at) : 0)
}

/** sum = a + b, same shape. args: a, b, sum, count */
export function add(args: usize, thread: i32, threads: i32): void {
  const a = <usize>arg(args, 0), b = <usize>arg(args, 1), sum = <usize>arg(args, 2)
  const end = first(arg(args, 3), thread + 1, threads)
  let at = first(arg(args, 3), thread, threads)
  for (; at + 16 <= end; at += 16) v128.store(sum + at, f32x4.add(v128.load(a + at), v128.load(b + at)))
  for (; at < end; at += 4) store<f32>(sum + at, load<f32>(a + at) + load<f32>(b + at))
}
