import type { ImageShape } from '@resfn/transforms'
import { either as E } from 'fp-ts'

/**
 * Class indices, one an image; the smallest type that holds them: 256 classes fit into bytes, 1,000 need `Uint16Array`
 * or `Int32Array`.
 */
export type Labels = Uint8Array | Uint16Array | Int32Array

/**
 * Labelled images as bytes, all of one shape: `images` has `labels.length * height * width * channels` bytes in NHWC
 * order.
 */
export type ImageSet = {
  readonly images: Uint8Array
  readonly labels: Labels
  readonly shape: ImageShape
  /** The name of each class; a label is an index into it. */
  readonly classes: readonly string[]
}

/** Why images and labels are not a set. */
export type ImageSetError = {
  /**
   * - `InvalidShape`: a side or the number of channels is not a positive whole number.
   * - `PartialImage`: the bytes are not a whole number of images.
   * - `CountMismatch`: there are not as many labels as images.
   * - `LabelOutOfRange`: a label is not the index of a class.
   */
  readonly _tag: 'InvalidShape' | 'PartialImage' | 'CountMismatch' | 'LabelOutOfRange'
  /** One sentence: what is wrong, where, and how to fix it. */
  readonly message: string
}

const failure = (tag: ImageSetError['_tag'], message: string): E.Either<ImageSetError, never> =>
  E.left({ _tag: tag, message })

/**
 * Makes a set of images and labels that fit together. Nothing is copied.
 *
 * @param parts `images` bytes in NHWC order, one of `labels` an image, `shape` `[height, width, channels]`, names of
 * the `classes`
 * @returns the set, or an `ImageSetError`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { imageSet } from '@resfn/batches'
 *
 * const set = imageSet({ images: new Uint8Array(8), labels: new Uint8Array([0, 2]), shape: [2, 2, 1], classes: ['a', 'b'] })
 * assert.equal(set._tag === 'Left' && set.left.message, 'label 1 is 2, the classes are 0 to 1; do images, labels and classes belong together?')
 * ```
 */
export const imageSet = ({ images, labels, shape, classes }: ImageSet): E.Either<ImageSetError, ImageSet> => {
  if (!shape.every((size) => Number.isInteger(size) && size > 0)) {
    return failure(
      'InvalidShape',
      `the shape is [${shape.join(', ')}]; height, width and channels must be positive whole numbers`,
    )
  }
  const [height, width, channels] = shape
  const size = height * width * channels
  if (images.length % size !== 0) {
    return failure(
      'PartialImage',
      `${images.length} bytes are ${images.length / size} images of ${size} bytes; is the shape [${shape.join(', ')}] right?`,
    )
  }
  if (images.length / size !== labels.length) {
    return failure(
      'CountMismatch',
      `there are ${images.length / size} images and ${labels.length} labels; are they of one set?`,
    )
  }
  const at = labels.findIndex((label: number) => label < 0 || label >= classes.length)
  if (at >= 0) {
    return failure(
      'LabelOutOfRange',
      `label ${at} is ${labels[at]}, the classes are 0 to ${classes.length - 1}; do images, labels and classes belong together?`,
    )
  }
  return E.right({ images, labels, shape, classes })
}

const labelsLike = (labels: Labels, count: number): Labels =>
  labels instanceof Uint8Array
    ? new Uint8Array(count)
    : labels instanceof Uint16Array
      ? new Uint16Array(count)
      : new Int32Array(count)

/**
 * The images at some indices, in their order, as a set of its own.
 *
 * @param set any set
 * @param indices whole numbers from 0 to `set.labels.length - 1`
 * @throws RangeError if an index is outside the set
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { select } from '@resfn/batches'
 *
 * const set = { images: new Uint8Array([5, 6, 7]), labels: new Uint8Array([0, 1, 0]), shape: [1, 1, 1], classes: ['a', 'b'] } as const
 * assert.deepEqual(select(set, [2, 1]).images, new Uint8Array([7, 6]))
 * ```
 */
export const select = (set: ImageSet, indices: ArrayLike<number>): ImageSet => {
  const [height, width, channels] = set.shape
  const size = height * width * channels
  const images = new Uint8Array(indices.length * size)
  const labels = labelsLike(set.labels, indices.length)
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] ?? Number.NaN
    const label = set.labels[index]
    if (label === undefined)
      throw new RangeError(`select: there is no image ${index}, the set has ${set.labels.length}`)
    images.set(set.images.subarray(index * size, (index + 1) * size), i * size)
    labels[i] = label
  }
  return { ...set, images, labels }
}

/**
 * The indices of the first images of each class, in the order of the set: a balanced part of it.
 *
 * @param set labels and classes of any set
 * @param count how many of each class; fewer where the class has fewer
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { firstOfEachClass } from '@resfn/batches'
 *
 * const set = { images: new Uint8Array(4), labels: new Uint8Array([0, 0, 1, 0]), shape: [1, 1, 1], classes: ['a', 'b'] } as const
 * assert.deepEqual(firstOfEachClass(set, 1), [0, 2])
 * ```
 */
export const firstOfEachClass = (set: Pick<ImageSet, 'labels' | 'classes'>, count: number): readonly number[] => {
  const seen = set.classes.map(() => 0)
  const indices: number[] = []
  set.labels.forEach((label, index) => {
    const before = seen[label] ?? 0
    if (before < count) indices.push(index)
    seen[label] = before + 1
  })
  return indices
}
