import { bound } from './args'

@unmanaged class CopyBlocks {
  from: usize = 0
  to: usize = 0
  planes: i32 = 0
  rows: i32 = 0
  columns: i32 = 0
  count: i32 = 0
  fromPlane: i32 = 0
  fromRow: i32 = 0
  fromColumn: i32 = 0
  toPlane: i32 = 0
  toRow: i32 = 0
  toColumn: i32 = 0
}

/** Copies blocks of `count` floats from one strided place to another; strides are in bytes, a stride of 0 repeats. */
export function copyBlocks(args: CopyBlocks, piece: i32, pieces: i32): void {
  const from = args.from, to = args.to
  const rows = args.rows, columns = args.columns, bytes = <usize>args.count << 2
  const end = bound(args.planes * rows * columns, piece + 1, pieces)
  for (let block = bound(args.planes * rows * columns, piece, pieces); block < end; block++) {
    const column = block % columns, rest = block / columns
    const row = rest % rows, plane = rest / rows
    const a = from + <usize>(plane * args.fromPlane + row * args.fromRow + column * args.fromColumn)
    const b = to + <usize>(plane * args.toPlane + row * args.toRow + column * args.toColumn)
    let at: usize = 0
    for (; at + 16 <= bytes; at += 16) v128.store(b + at, v128.load(a + at))
    for (; at < bytes; at += 4) store<f32>(b + at, load<f32>(a + at))
  }
}
