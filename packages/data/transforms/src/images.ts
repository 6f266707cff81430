import { fold, type Key } from '@resfn/random'

/** One image without its batch axis: `[height, width, channels]`. */
export type ImageShape = readonly [height: number, width: number, channels: number]

/** A batch of float images: `images` in NHWC order, `shape = [count, height, width, channels]`. */
export type Images = {
  readonly images: Float32Array
  readonly shape: readonly [count: number, height: number, width: number, channels: number]
}

/**
 * A pure function from a batch to a batch. A random one draws from one key per image, so an image comes out the same in
 * whatever batch it is; one that needs no chance leaves the second parameter away and can be used in evaluation as
 * well.
 */
export type Transform = (images: Images, keys: readonly Key[]) => Images

/** 0/255 … 255/255 as float32. */
const unit = Float32Array.from({ length: 256 }, (_, byte) => byte / 255)

/**
 * Bytes as floats: `byte / 255`, from 0 to 1, as torchvision's `ToTensor` (which also moves the channels; here they
 * stay last).
 *
 * @param bytes `count * height * width * channels` bytes in NHWC order
 * @param shape `[count, height, width, channels]`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { toFloat } from '@resfn/transforms'
 *
 * assert.deepEqual(toFloat(new Uint8Array([0, 51, 255]), [1, 1, 3, 1]).images, new Float32Array([0, 0.2, 1]))
 * ```
 */
export const toFloat = (bytes: Uint8Array, shape: Images['shape']): Images => {
  const images = new Float32Array(bytes.length)
  for (let i = 0; i < images.length; i++) images[i] = unit[bytes[i]!]!
  return { images, shape }
}

/**
 * Transforms one after the other; the i-th gets the keys folded with i, so two random ones draw independently.
 *
 * @param transforms from first to last
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { compose, normalise, resize } from '@resfn/transforms'
 *
 * const prepare = compose(resize({ height: 2, width: 2 }), normalise({ mean: [0.5], std: [0.5] }))
 * const { images, shape } = prepare({ images: new Float32Array([1]), shape: [1, 1, 1, 1] })
 * assert.deepEqual({ images, shape }, { images: new Float32Array([1, 1, 1, 1]), shape: [1, 2, 2, 1] })
 * ```
 */
export const compose: {
  (...transforms: readonly ((images: Images) => Images)[]): (images: Images) => Images
  (...transforms: readonly Transform[]): Transform
} =
  (...transforms: readonly Transform[]) =>
  (images: Images, keys: readonly Key[] = []): Images =>
    transforms.reduce(
      (now, transform, i) =>
        transform(
          now,
          keys.map((key) => fold(key, i)),
        ),
      images,
    )

/**
 * The shape that a transform gives images of a shape: what a net behind it has as input.
 *
 * @param transform any transform
 * @param shape `[height, width, channels]`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { outputShape, resize } from '@resfn/transforms'
 *
 * assert.deepEqual(outputShape(resize({ height: 96, width: 96 }), [28, 28, 1]), [96, 96, 1])
 * ```
 */
export const outputShape = (transform: Transform, [height, width, channels]: ImageShape): ImageShape => {
  const blank: Images = { images: new Float32Array(height * width * channels), shape: [1, height, width, channels] }
  const [, ...shape] = transform(blank, [[0, 0]]).shape
  return shape
}
