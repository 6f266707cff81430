import { checkOptions, func, optional } from '@resfn/options'
import { type Images, toFloat, type Transform } from '@resfn/transforms'
import type { Batch, Batches } from './batch.ts'
import type { ImageSet } from './image-set.ts'
import { inOrder, inOrderRules, passOver, type PassOptions, passRules } from './pass.ts'
import { prefetch } from './prefetch.ts'
import type { Shard } from './shard.ts'

/** How `batches` goes over a set. */
export type BatchesOptions = PassOptions & { readonly transform?: Transform }

/** Gathers images by index as floats. */
const gather = ({ images, shape: [height, width, channels] }: ImageSet, indices: Uint32Array): Images => {
  const size = height * width * channels
  const bytes = new Uint8Array(indices.length * size)
  indices.forEach((index, i) => bytes.set(images.subarray(index * size, (index + 1) * size), i * size))
  return toFloat(bytes, [indices.length, height, width, channels])
}

const labelsAt = ({ labels }: ImageSet, indices: Uint32Array): Int32Array =>
  Int32Array.from(indices, (index) => labels[index]!)

/**
 * Shuffled batches for training, epoch after epoch. Epoch `e` has the order `permutation(fold(fold(key, 'order'), e))`,
 * and the transform gets for image `i` the key `fold(fold(fold(key, 'transform'), e), i)`: a pass that starts at any
 * cursor gives exactly the batches that the unbroken pass gives from there, and an image is augmented the same whatever
 * the batch size. While the caller waits (for a GPU, say), the next batch is prepared.
 *
 * @param set the images; see `imageSet`
 * @param options see `BatchesOptions`
 * @returns batches of float images from 0 to 1 (before the transform), with their `sizes`; each loop over it is a pass
 * of its own
 * @throws RangeError if an option is unknown or wrong, or an epoch has no batch
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { batches } from '@resfn/batches'
 * import { key } from '@resfn/random'
 *
 * const set = { images: new Uint8Array([0, 51, 255]), labels: new Uint8Array([0, 1, 0]), shape: [1, 1, 1], classes: ['a', 'b'] } as const
 * const seen: number[] = []
 * for await (const { images } of batches(set, { size: 2, key: key(0), epochs: 1 })) seen.push(...images)
 * assert.deepEqual(seen.sort(), [0, Math.fround(0.2), 1])
 * ```
 */
export const batches = (set: ImageSet, options: BatchesOptions): Batches<Batch & Images> => {
  checkOptions('batches', options, { ...passRules, transform: optional(func) })
  const { transform = (images) => images } = options
  const { places, sizes } = passOver('batches', set.labels.length, options)
  function* pass(): Generator<Batch & Images> {
    for (const { cursor, next, indices, keyOf, share } of places())
      yield {
        ...transform(gather(set, indices), Array.from(indices, keyOf)),
        labels: labelsAt(set, indices),
        cursor,
        next,
        ...(share && { share }),
      }
  }
  return { ...prefetch(pass), sizes }
}

/**
 * Every image once, in the order of the set, for evaluation; the last batch may be smaller. A random transform is not
 * accepted.
 *
 * @param set the images; see `imageSet`
 * @param options `size` of a batch, a `transform` without chance, and the `shard` of a rank: then the pass has only its
 * part of the images, as many as the others or one more, so that the passes of all ranks in their order are the whole
 * @throws RangeError if an option is unknown or wrong
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { batchesInOrder } from '@resfn/batches'
 *
 * const set = { images: new Uint8Array([0, 51, 255]), labels: new Uint8Array([0, 1, 0]), shape: [1, 1, 1], classes: ['a', 'b'] } as const
 * const sizes: number[] = []
 * for await (const { labels } of batchesInOrder(set, { size: 2 })) sizes.push(labels.length)
 * assert.deepEqual(sizes, [2, 1])
 * ```
 */
export const batchesInOrder = (
  set: ImageSet,
  options: { readonly size: number; readonly transform?: (images: Images) => Images; readonly shard?: Shard },
): AsyncIterable<Batch & Images> => {
  checkOptions('batchesInOrder', options, { ...inOrderRules, transform: optional(func) })
  const { transform = (images) => images } = options
  function* pass(): Generator<Batch & Images> {
    for (const { from, to, ...places } of inOrder('batchesInOrder', set.labels.length, options)) {
      const indices = Uint32Array.from({ length: to - from }, (_, i) => from + i)
      yield { ...transform(gather(set, indices)), labels: labelsAt(set, indices), ...places }
    }
  }
  return prefetch(pass)
}
