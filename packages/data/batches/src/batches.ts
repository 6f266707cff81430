import { checkOptions, func, optional, wholeNumberFrom } from '@resfn/options'
import { type Images, toFloat, type Transform } from '@resfn/transforms'
import type { Batch, Batches } from './batch.ts'
import type { ImageSet } from './image-set.ts'
import { batchesPerEpoch, passOver, type PassOptions, passRules } from './pass.ts'
import { prefetch } from './prefetch.ts'

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
    for (const { cursor, next, indices, keyOf } of places())
      yield {
        ...transform(gather(set, indices), Array.from(indices, keyOf)),
        labels: labelsAt(set, indices),
        cursor,
        next,
      }
  }
  return { ...prefetch(pass), sizes }
}

/**
 * Every image once, in the order of the set, for evaluation; the last batch may be smaller. A random transform is not
 * accepted.
 *
 * @param set the images; see `imageSet`
 * @param options `size` of a batch, and a `transform` without chance
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
  options: { readonly size: number; readonly transform?: (images: Images) => Images },
): AsyncIterable<Batch & Images> => {
  checkOptions('batchesInOrder', options, { size: wholeNumberFrom(1), transform: optional(func) })
  const { size, transform = (images) => images } = options
  const count = set.labels.length
  const perEpoch = batchesPerEpoch(count, { size })
  function* pass(): Generator<Batch & Images> {
    for (let batch = 0; batch < perEpoch; batch++) {
      const from = batch * size
      const indices = Uint32Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i)
      const next = batch + 1 < perEpoch ? { epoch: 0, batch: batch + 1 } : { epoch: 1, batch: 0 }
      yield {
        ...transform(gather(set, indices)),
        labels: labelsAt(set, indices),
        cursor: { epoch: 0, batch },
        next,
      }
    }
  }
  return prefetch(pass)
}
