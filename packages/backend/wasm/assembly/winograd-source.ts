// The 6x6 tiles of an image in the points of winograd.ts: B^T d B.
import { bound } from './conv'
import { madd } from './gemm'

export function arg(args: usize, index: i32): i32 {
  return load<i32>(args + (<usize>index << 2))
}

export const POINTS = 36

// The pointers of one 6x6 source tile; places outside of the image point to `zeros`.
export function tilePointers(pointers: usize, image: usize, top: i32, left: i32, height: i32, width: i32, depthBytes: usize, zeros: usize): void {
  for (let y = top; y < top + 6; y++) {
    const row = image + <usize>(y * width) * depthBytes
    const inside = <u32>y < <u32>height
    for (let x = left; x < left + 6; x++, pointers += 4) {
      store<u32>(pointers, <u32>(inside && <u32>x < <u32>width ? row + <usize>x * depthBytes : zeros))
    }
  }
}

// to[point] = B^T d B for four channels; `work` is 36 vectors of scratch.
export function inputTransform(pointers: usize, offset: usize, work: usize, to: usize, pointStride: usize): void {
  const four = f32x4.splat(4), five = f32x4.splat(-5), minusFour = f32x4.splat(-4)
  for (let x: usize = 0; x < 6; x++) {
    const at = pointers + (x << 2)
    const d0 = v128.load(<usize>load<u32>(at) + offset), d1 = v128.load(<usize>load<u32>(at, 24) + offset)
    const d2 = v128.load(<usize>load<u32>(at, 48) + offset), d3 = v128.load(<usize>load<u32>(at, 72) + offset)
    const d4 = v128.load(<usize>load<u32>(at, 96) + offset), d5 = v128.load(<usize>load<u32>(at, 120) + offset)
    const a = madd(d2, minusFour, d4), b = madd(d1, minusFour, d3)
    const c = f32x4.sub(d4, d2)
    let e = f32x4.sub(d3, d1)
    e = f32x4.add(e, e)
    const t = work + (x << 4)
    v128.store(t, madd(d0, four, madd(d2, five, d4)))
    v128.store(t, f32x4.add(a, b), 96)
    v128.store(t, f32x4.sub(a, b), 192)
    v128.store(t, f32x4.add(c, e), 288)
    v128.store(t, f32x4.sub(c, e), 384)
    v128.store(t, madd(d1, four, madd(d3, five, d5)), 480)
  }
  for (let y = 0; y < 6; y++, work += 96) {
    const d0 = v128.load(work), d1 = v128.load(work, 16), d2 = v128.load(work, 32)
    const d3 = v128.load(work, 48), d4 = v128.load(work, 64), d5 = v128.load(work, 80)
    const a = madd(d2, minusFour, d4), b = madd(d1, minusFour, d3)
    const c = f32x4.sub(d4, d2)
    let e = f32x4.sub(d3, d1)
    e = f32x4.add(e, e)
    v128.store(to, madd(d0, four, madd(d2, five, d4))), to += pointStride
    v128.store(to, f32x4.add(a, b)), to += pointStride
    v128.store(to, f32x4.sub(a, b)), to += pointStride
    v128.store(to, f32x4.add(c, e)), to += pointStride
    v128.store(to, f32x4.sub(c, e)), to += pointStride
    v128.store(to, madd(d1, four, madd(d3, five, d5))), to += pointStride
  }
}

/**
 * Transforms all tiles of the source, [point][tile][depth], for winogradPanels; rows up to a multiple of six are zero.
 * args: 0 source, 1 out, 2 scratch (736 bytes a thread), 3 zeros, 4 batch, 5 height, 6 width, 7 depth, 8 outHeight, 9 outWidth,
 * 10 top, 11 left, 12 pointStride
 */
export function winogradSource(args: usize, thread: i32, threads: i32): void {
  const source = <usize>arg(args, 0), out = <usize>arg(args, 1), zeros = <usize>arg(args, 3)
  const pointers = <usize>arg(args, 2) + <usize>736 * thread, work = pointers + 160
  const height = arg(args, 5), width = arg(args, 6), depthBytes = <usize>arg(args, 7) << 2
  const top = arg(args, 10), left = arg(args, 11), pointStride = <usize>arg(args, 12)
  const tileRows = (arg(args, 8) + 3) >> 2, tileColumns = (arg(args, 9) + 3) >> 2
  const tiles = arg(args, 4) * tileRows * tileColumns
  const padded = (tiles + 5) / 6 * 6
  const end = bound(padded, thread + 1, threads)
  for (let tile = bound(padded, thread, threads); tile < end; tile++) {
    const to = out + <usize>tile * depthBytes
    if (tile >= tiles) {
      for (let point: usize = 0; point < <usize>POINTS; point++) {
        for (let offset: usize = 0; offset < depthBytes; offset += 16) v128.store(to + point * pointStride + offset, f32x4.splat(0))
      }
      continue
    }
    const column = tile % tileColumns, rest = tile / tileColumns
    const row = rest % tileRows, image = rest / tileRows
    tilePointers(
      pointers, source + <usize>(image * height * width) * depthBytes, (row << 2) + top, (column << 2) + left, height, width, depthBytes, zeros,
    )
    for (let offset: usize = 0; offset < depthBytes; offset += 16) inputTransform(pointers, offset, work, to + offset, pointStride)
  }
}
