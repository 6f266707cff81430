import { bound } from './conv'

function arg(args: usize, index: i32): i32 {
  return load<i32>(args + (<usize>index << 2))
}

/**
 * Copies blocks of `count` floats from one strided place to another; strides are in bytes, a stride of 0 repeats.
 * args: 0 from, 1 to, 2 to 4 blocks along three axes, 5 count, 6 to 8 strides of from, 9 to 11 strides of to
 */
export function copyBlocks(args: usize, thread: i32, threads: i32): void {
  const from = <usize>arg(args, 0), to = <usize>arg(args, 1)
  const rows = arg(args, 3), columns = arg(args, 4), bytes = <usize>arg(args, 5) << 2
  const end = bound(arg(args, 2) * rows * columns, thread + 1, threads)
  for (let block = bound(arg(args, 2) * rows * columns, thread, threads); block < end; block++) {
    const column = block % columns, rest = block / columns
    const row = rest % rows, plane = rest / rows
    const a = from + <usize>(plane * arg(args, 6) + row * arg(args, 7) + column * arg(args, 8))
    const b = to + <usize>(plane * arg(args, 9) + row * arg(args, 10) + column * arg(args, 11))
    let at: usize = 0
    for (; at + 16 <= bytes; at += 16) v128.store(b + at, v128.load(a + at))
    for (; at < bytes; at += 4) store<f32>(b + at, load<f32>(a + at))
  }
}
