import { bound } from './args'

@unmanaged class ImageRanges {
  x: usize = 0 // [images][size]
  largest: usize = 0 // [images]
  mean: usize = 0 // [images]
  images: i32 = 0
  size: i32 = 0
}

/** The largest magnitude of each image, and the mean magnitude, which is not finite if a value is not. */
export function imageRanges(args: ImageRanges, piece: i32, pieces: i32): void {
  const size = args.size
  const end = bound(args.images, piece + 1, pieces)
  for (let image = bound(args.images, piece, pieces); image < end; image++) {
    let at = args.x + (<usize>image * size << 2)
    let m0 = f32x4.splat(0), m1 = m0, s0 = m0, s1 = m0
    let left = size
    for (; left >= 8; left -= 8, at += 32) {
      const v0 = f32x4.abs(v128.load(at)), v1 = f32x4.abs(v128.load(at, 16))
      m0 = f32x4.pmax(m0, v0), m1 = f32x4.pmax(m1, v1)
      s0 = f32x4.add(s0, v0), s1 = f32x4.add(s1, v1)
    }
    m0 = f32x4.pmax(m0, m1), s0 = f32x4.add(s0, s1)
    let largest = max(max(f32x4.extract_lane(m0, 0), f32x4.extract_lane(m0, 1)), max(f32x4.extract_lane(m0, 2), f32x4.extract_lane(m0, 3)))
    let sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3)
    for (; left > 0; left--, at += 4) {
      const v = Mathf.abs(load<f32>(at))
      largest = max(largest, v)
      sum += v
    }
    store<f32>(args.largest + (<usize>image << 2), largest)
    store<f32>(args.mean + (<usize>image << 2), sum / <f32>size)
  }
}
