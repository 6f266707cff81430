import { fold, integers, type Key, uniform } from '@resfn/random'
import { checkOptions, numberFrom, optional, wholeNumberFrom } from '@resfn/options'
import type { Images, Transform } from './images.ts'

/** The key of an image, folded with the name of what is drawn. */
export const keyOf = (name: string, keys: readonly Key[], image: number): Key => {
  const key = keys[image]
  if (key === undefined)
    throw new RangeError(`${name}: image ${image} has no key; a random transform needs one key for each image`)
  return fold(key, name)
}

/**
 * Mirrors each image left to right with a probability.
 *
 * @param options `probability`, by default one half
 * @throws RangeError if an option is wrong, or an image has no key
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { randomHorizontalFlip } from '@resfn/transforms'
 *
 * const flip = randomHorizontalFlip({ probability: 1 })
 * assert.deepEqual(flip({ images: new Float32Array([1, 2]), shape: [1, 1, 2, 1] }, [[0, 0]]).images, new Float32Array([2, 1]))
 * ```
 */
export const randomHorizontalFlip = (options: { readonly probability?: number } = {}): Transform => {
  checkOptions('randomHorizontalFlip', options, { probability: optional(numberFrom(0, 1)) })
  const { probability = 0.5 } = options
  return ({ images, shape }, keys) => {
    const [count, height, width, channels] = shape
    const result = new Float32Array(images)
    const row = width * channels
    for (let n = 0; n < count; n++) {
      if (uniform(keyOf('flip', keys, n), 1)[0]! >= probability) continue
      for (let at = n * height * row; at < (n + 1) * height * row; at += row) {
        for (let x = 0; x < width; x++) {
          for (let c = 0; c < channels; c++)
            result[at + x * channels + c] = images[at + (width - 1 - x) * channels + c]!
        }
      }
    }
    return { images: result, shape }
  }
}

/**
 * Copies the window of one image that starts at `top`, `left` (negative: in the zero padding) into its place in the
 * result.
 */
const copyWindow = (from: Images, to: Images, image: number, top: number, left: number): void => {
  const [, fromHeight, fromWidth, channels] = from.shape
  const [, height, width] = to.shape
  const [firstX, lastX] = [Math.max(0, -left), Math.min(width, fromWidth - left)]
  for (let y = Math.max(0, -top); y < Math.min(height, fromHeight - top); y++) {
    const source = ((image * fromHeight + top + y) * fromWidth + left + firstX) * channels
    const target = ((image * height + y) * width + firstX) * channels
    to.images.set(from.images.subarray(source, source + Math.max(0, lastX - firstX) * channels), target)
  }
}

/** The padding on each side and the size of the window of `randomCrop`, in pixels. */
export type RandomCropOptions = { readonly padding: number; readonly height?: number; readonly width?: number }

/**
 * Pads each image with zeros and cuts a window out at random; every place is equally likely.
 * Use it before `normalise`, where zero is black.
 *
 * @param options `padding` in pixels on each side; `height` and `width` of the window, by default those of the image
 * @throws RangeError if an option is wrong, the window does not fit, or an image has no key
 * @see He et al. 2016, section 4.2 (CIFAR-10: 4 pixels of padding, a 32 x 32 crop, and the flip)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { randomCrop } from '@resfn/transforms'
 *
 * const { shape } = randomCrop({ padding: 4 })({ images: new Float32Array(28 * 28), shape: [1, 28, 28, 1] }, [[0, 1]])
 * assert.deepEqual(shape, [1, 28, 28, 1])
 * ```
 */
export const randomCrop = (options: RandomCropOptions): Transform => {
  checkOptions('randomCrop', options, {
    padding: wholeNumberFrom(0),
    height: optional(wholeNumberFrom(1)),
    width: optional(wholeNumberFrom(1)),
  })
  const { padding, height, width } = options
  return (batch, keys) => {
    const [count, fromHeight, fromWidth, channels] = batch.shape
    const [toHeight, toWidth] = [height ?? fromHeight, width ?? fromWidth]
    const [rows, columns] = [fromHeight + 2 * padding - toHeight + 1, fromWidth + 2 * padding - toWidth + 1]
    if (rows < 1 || columns < 1) {
      throw new RangeError(
        `randomCrop: a window of ${toHeight} x ${toWidth} does not fit into ${fromHeight} x ${fromWidth} with ${padding} pixels of padding`,
      )
    }
    const result: Images = {
      images: new Float32Array(count * toHeight * toWidth * channels),
      shape: [count, toHeight, toWidth, channels],
    }
    for (let n = 0; n < count; n++) {
      const place = keyOf('crop', keys, n)
      const [top] = integers(fold(place, 'top'), 1, { low: 0, high: rows })
      const [left] = integers(fold(place, 'left'), 1, { low: 0, high: columns })
      copyWindow(batch, result, n, top! - padding, left! - padding)
    }
    return result
  }
}
