import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { sizeOf } from './shape.ts'

/**
 * Rounding errors of Winograd's method grow with the largest value of a tile, those of a direct product only with the
 * values of its own pixels. Where the largest magnitude is more than so many times the mean, the direct product is
 * taken.
 */
export const widestRange = 256

/** The largest and the mean magnitude of each image. */
export type Magnitudes = { readonly largest: readonly number[]; readonly mean: readonly number[] }

const known = new WeakMap<object, Magnitudes>()

/**
 * The magnitudes of a tensor's images (first axis), worked out once for its data: forward and backward pass share them.
 */
export const magnitudesOf = (device: Device, x: TensorInfo): Magnitudes => {
  const images = x.shape[0] ?? 1
  const before = known.get(x.dataId)
  if (before?.mean.length === images) return before
  const found = device.scratch({ largest: images * 4, mean: images * 4 }, ({ largest, mean }) => {
    const [at, size] = [device.address(x), sizeOf(x.shape) / images]
    device.run('imageRanges', { x: at, largest, mean, images, size }, images * size)
    return { largest: [...device.floats(largest, images)], mean: [...device.floats(mean, images)] }
  })
  known.set(x.dataId, found)
  return found
}

/** Whether a range is too wide for Winograd's method, or a value is not finite. */
export const isWide = (largest: number, mean: number): boolean => !(largest <= widestRange * mean && mean < Infinity)

/** Whether the range over all images is too wide. */
export const isWideTogether = ({ largest, mean }: Magnitudes): boolean =>
  isWide(Math.max(...largest), mean.reduce((sum, value) => sum + value, 0) / mean.length)
