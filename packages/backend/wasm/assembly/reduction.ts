import { bound, tilesOver } from './args'

/** Rows whose sum is rounded to single precision before it enters a longer one. */
export const RUN: i32 = 16

/** The sum of `count` floats, `stride` bytes apart, in double precision. */
export function sum64(at: usize, count: i32, stride: usize): f64 {
  let sum: f64 = 0
  for (; count > 0; count--, at += stride) sum += <f64>load<f32>(at)
  return sum
}

function high(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 2, 3, 2, 3)
}

@unmanaged class ColumnSums {
  x: usize = 0 // [groups][rows][columns]
  partial: usize = 0 // [groups][chunks][columns], f64
  groups: i32 = 0
  rows: i32 = 0
  columns: i32 = 0
  chunkRows: i32 = 0
}

/** Per group, chunk of rows and column: the sum, of short runs in single precision and of these in double precision. */
export function columnSums(args: ColumnSums, piece: i32, pieces: i32): void {
  const rows = args.rows, columns = args.columns, size = args.chunkRows
  const chunks = tilesOver(rows, size), units = args.groups * chunks
  const stride = <usize>columns * 4
  const end = bound(units, piece + 1, pieces)
  for (let unit = bound(units, piece, pieces); unit < end; unit++) {
    const group = unit / chunks, first = (unit - group * chunks) * size
    const count = min(size, rows - first)
    const from = args.x + <usize>(group * rows + first) * stride
    const to = args.partial + 2 * <usize>unit * stride
    let c = 0
    for (; c + 8 <= columns; c += 8) {
      let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0
      let at = from + (<usize>c << 2)
      for (let i = 0; i < count; i += RUN) {
        let s0 = f32x4.splat(0), s1 = s0
        for (let k = min(RUN, count - i); k > 0; k--, at += stride) {
          s0 = f32x4.add(s0, v128.load(at))
          s1 = f32x4.add(s1, v128.load(at, 16))
        }
        a0 = f64x2.add(a0, f64x2.promote_low_f32x4(s0)), a1 = f64x2.add(a1, f64x2.promote_low_f32x4(high(s0)))
        a2 = f64x2.add(a2, f64x2.promote_low_f32x4(s1)), a3 = f64x2.add(a3, f64x2.promote_low_f32x4(high(s1)))
      }
      const sums = to + (<usize>c << 3)
      v128.store(sums, a0), v128.store(sums, a1, 16), v128.store(sums, a2, 32), v128.store(sums, a3, 48)
    }
    for (; c < columns; c++) store<f64>(to + (<usize>c << 3), sum64(from + (<usize>c << 2), count, stride))
  }
}

@unmanaged class CombineSums {
  partial: usize = 0 // [groups][chunks][columns], f64
  out: usize = 0 // [groups][columns]
  groups: i32 = 0
  chunks: i32 = 0
  columns: i32 = 0
  divisor: i32 = 0
}

/** Adds the chunks of every group and column up, and divides. */
export function combineSums(args: CombineSums, piece: i32, pieces: i32): void {
  const columns = args.columns, chunks = args.chunks, divisor = <f64>args.divisor
  const stride = <usize>columns * 8
  const end = bound(args.groups, piece + 1, pieces)
  for (let group = bound(args.groups, piece, pieces); group < end; group++) {
    for (let c = 0; c < columns; c++) {
      let sum: f64 = 0
      let at = args.partial + <usize>(group * chunks) * stride + (<usize>c << 3)
      for (let chunk = 0; chunk < chunks; chunk++, at += stride) sum += load<f64>(at)
      store<f32>(args.out + (<usize>(group * columns + c) << 2), <f32>(sum / divisor))
    }
  }
}

@unmanaged class RowSums {
  x: usize = 0 // [rows][length]
  out: usize = 0 // [rows]
  rows: i32 = 0
  length: i32 = 0
  divisor: i32 = 0
}

/** The sum of every row, in double precision, and divided. */
export function rowSums(args: RowSums, piece: i32, pieces: i32): void {
  const length = args.length, divisor = <f64>args.divisor
  const end = bound(args.rows, piece + 1, pieces)
  for (let row = bound(args.rows, piece, pieces); row < end; row++) {
    let at = args.x + (<usize>row * length << 2)
    let a0 = f64x2.splat(0), a1 = a0
    let left = length
    for (; left >= 4; left -= 4, at += 16) {
      const v = v128.load(at)
      a0 = f64x2.add(a0, f64x2.promote_low_f32x4(v))
      a1 = f64x2.add(a1, f64x2.promote_low_f32x4(high(v)))
    }
    a0 = f64x2.add(a0, a1)
    const sum = f64x2.extract_lane(a0, 0) + f64x2.extract_lane(a0, 1) + sum64(at, left, 4)
    store<f32>(args.out + (<usize>row << 2), <f32>(sum / divisor))
  }
}
