import { bound } from './args'

@unmanaged class PoolGradient {
  dy: usize = 0
  x: usize = 0
  dx: usize = 0
  batch: i32 = 0
  height: i32 = 0
  width: i32 = 0
  channels: i32 = 0
  outHeight: i32 = 0
  outWidth: i32 = 0
  filterHeight: i32 = 0
  filterWidth: i32 = 0
  stepY: i32 = 0
  stepX: i32 = 0
  top: i32 = 0
  left: i32 = 0
  dilationY: i32 = 0
  dilationX: i32 = 0
}

/** Gives each output's gradient to the first largest element of its window (row-major); pieces are images. */
export function maxPoolGradient(args: PoolGradient, piece: i32, pieces: i32): void {
  const dy = args.dy, x = args.x, dx = args.dx
  const batch = args.batch, height = args.height, width = args.width, channels = args.channels
  const outHeight = args.outHeight, outWidth = args.outWidth, filterHeight = args.filterHeight, filterWidth = args.filterWidth
  const stepY = args.stepY, stepX = args.stepX, top = args.top, left = args.left
  const dilationY = args.dilationY, dilationX = args.dilationX
  const stride = <usize>channels * 4
  const imageBytes = <usize>(height * width) * stride
  const end = bound(batch, piece + 1, pieces)
  for (let image = bound(batch, piece, pieces); image < end; image++) {
    const from = x + <usize>image * imageBytes, to = dx + <usize>image * imageBytes
    memory.fill(to, 0, imageBytes)
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const out = dy + <usize>((image * outHeight + oy) * outWidth + ox) * stride
        let offset: usize = 0
        for (; offset + 16 <= stride; offset += 16) {
          let best = f32x4.splat(-Infinity), where = i32x4.splat(-1)
          for (let ky = 0, tap = 0; ky < filterHeight; ky++) {
            const sy = oy * stepY - top + ky * dilationY
            for (let kx = 0; kx < filterWidth; kx++, tap++) {
              const sx = ox * stepX - left + kx * dilationX
              if (<u32>sy >= <u32>height || <u32>sx >= <u32>width) continue
              const value = v128.load(from + <usize>(sy * width + sx) * stride + offset)
              // The first valid element always enters, so that windows of -Infinity or NaN have a place too.
              const enters = v128.or(f32x4.gt(value, best), i32x4.eq(where, i32x4.splat(-1)))
              best = v128.bitselect(value, best, enters)
              where = v128.bitselect(i32x4.splat(tap), where, enters)
            }
          }
          const gradient = v128.load(out + offset)
          for (let ky = 0, tap = 0; ky < filterHeight; ky++) {
            const sy = oy * stepY - top + ky * dilationY
            for (let kx = 0; kx < filterWidth; kx++, tap++) {
              const sx = ox * stepX - left + kx * dilationX
              if (<u32>sy >= <u32>height || <u32>sx >= <u32>width) continue
              const at = to + <usize>(sy * width + sx) * stride + offset
              v128.store(at, f32x4.add(v128.load(at), v128.and(gradient, i32x4.eq(where, i32x4.splat(tap)))))
            }
          }
        }
        for (; offset < stride; offset += 4) {
          let best: f32 = 0
          let where: usize = 0
          for (let ky = 0; ky < filterHeight; ky++) {
            const sy = oy * stepY - top + ky * dilationY
            for (let kx = 0; kx < filterWidth; kx++) {
              const sx = ox * stepX - left + kx * dilationX
              if (<u32>sy >= <u32>height || <u32>sx >= <u32>width) continue
              const at = <usize>(sy * width + sx) * stride + offset
              const value = load<f32>(from + at)
              if (where == 0 || value > best) best = value, where = to + at
            }
          }
          if (where != 0) store<f32>(where, load<f32>(where) + load<f32>(out + offset))
        }
      }
    }
  }
}

/** Spreads each output's gradient evenly over the elements of its window that lie in the image. */
export function avgPoolGradient(args: PoolGradient, piece: i32, pieces: i32): void {
  const dy = args.dy, dx = args.dx
  const batch = args.batch, height = args.height, width = args.width, channels = args.channels
  const outHeight = args.outHeight, outWidth = args.outWidth, filterHeight = args.filterHeight, filterWidth = args.filterWidth
  const stepY = args.stepY, stepX = args.stepX, top = args.top, left = args.left
  const stride = <usize>channels * 4
  const imageBytes = <usize>(height * width) * stride
  const end = bound(batch, piece + 1, pieces)
  for (let image = bound(batch, piece, pieces); image < end; image++) {
    const to = dx + <usize>image * imageBytes
    memory.fill(to, 0, imageBytes)
    for (let oy = 0; oy < outHeight; oy++) {
      const y0 = max(0, oy * stepY - top), y1 = min(height, oy * stepY - top + filterHeight)
      for (let ox = 0; ox < outWidth; ox++) {
        const x0 = max(0, ox * stepX - left), x1 = min(width, ox * stepX - left + filterWidth)
        const share = <f32>1 / <f32>((y1 - y0) * (x1 - x0))
        const shares = f32x4.splat(share)
        const out = dy + <usize>((image * outHeight + oy) * outWidth + ox) * stride
        for (let sy = y0; sy < y1; sy++) {
          for (let sx = x0; sx < x1; sx++) {
            const at = to + <usize>(sy * width + sx) * stride
            let offset: usize = 0
            for (; offset + 16 <= stride; offset += 16) {
              v128.store(at + offset, f32x4.add(v128.load(at + offset), f32x4.mul(v128.load(out + offset), shares)))
            }
            for (; offset < stride; offset += 4) store<f32>(at + offset, load<f32>(at + offset) + load<f32>(out + offset) * share)
          }
        }
      }
    }
  }
}
