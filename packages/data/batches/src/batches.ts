import { checkOptions, func, oneOf, optional, type Rule, wholeNumberFrom } from '@resfn/options'
import { fold, type Key, permutation } from '@resfn/random'
import { type Images, toFloat, type Transform } from '@resfn/transforms'
import type { Batch, Batches, Cursor } from './batch.ts'
import type { ImageSet } from './image-set.ts'
import { prefetch } from './prefetch.ts'

/** How `batches` goes over a set. */
export type BatchesOptions = {
  /** Images in a batch. */
  readonly size: number
  /** Decides the order of each epoch and all random choices of the transform. */
  readonly key: Key
  readonly transform?: Transform
  /** Where to start; by default at the beginning. */
  readonly start?: Cursor
  /** The pass ends before this epoch; by default it has no end. */
  readonly epochs?: number
  /** What to do with the last batch of an epoch if it is smaller than `size`; by default `'keep'`. */
  readonly last?: 'keep' | 'drop'
}

const keepOrDrop = optional(oneOf('keep', 'drop'))

const key: Rule = {
  must: 'a key of @resfn/random',
  holds: (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isInteger),
}

const cursor: Rule = {
  must: 'a cursor { epoch, batch }',
  holds: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

const wholeOrEndless: Rule = {
  must: 'a whole number of at least 0',
  holds: (value) => value === Infinity || wholeNumberFrom(0).holds(value),
}

/**
 * The number of batches in one epoch.
 *
 * @param count images in the set
 * @param options `size` of a batch, and what to do with a smaller `last` one: `'keep'` (by default) or `'drop'`
 * @throws RangeError if an option is unknown or wrong
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { batchesPerEpoch } from '@resfn/batches'
 *
 * assert.equal(batchesPerEpoch(10, { size: 4 }), 3)
 * assert.equal(batchesPerEpoch(10, { size: 4, last: 'drop' }), 2)
 * ```
 */
export const batchesPerEpoch = (
  count: number,
  options: { readonly size: number; readonly last?: 'keep' | 'drop' },
): number => {
  checkOptions('batchesPerEpoch', options, { size: wholeNumberFrom(1), last: keepOrDrop })
  return options.last === 'drop' ? Math.floor(count / options.size) : Math.ceil(count / options.size)
}

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
  checkOptions('batches', options, {
    size: wholeNumberFrom(1),
    key,
    transform: optional(func),
    start: optional(cursor),
    epochs: optional(wholeOrEndless),
    last: keepOrDrop,
  })
  const {
    size,
    transform = (images) => images,
    start = { epoch: 0, batch: 0 },
    epochs = Infinity,
    last = 'keep',
  } = options
  checkOptions('batches: start', start, { epoch: wholeNumberFrom(0), batch: wholeNumberFrom(0) })
  const count = set.labels.length
  const perEpoch = batchesPerEpoch(count, { size, last })
  if (count === 0) throw new RangeError('batches: the set has no images')
  if (perEpoch === 0)
    throw new RangeError(
      `batches: a set of ${count} images has no full batch of ${size}; use a smaller size or keep the last batch`,
    )
  if (start.batch > perEpoch)
    throw new RangeError(
      `batches: start.batch is ${start.batch}, an epoch has ${perEpoch} batches; was the cursor made with another size?`,
    )

  const after = ({ epoch, batch }: Cursor): Cursor =>
    batch + 1 < perEpoch ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 }

  function* pass(): Generator<Batch & Images> {
    let cursor = start.batch < perEpoch ? start : { epoch: start.epoch + 1, batch: 0 }
    while (cursor.epoch < epochs) {
      const { epoch } = cursor
      const order = permutation(fold(fold(options.key, 'order'), epoch), count)
      const chance = fold(fold(options.key, 'transform'), epoch)
      for (; cursor.epoch === epoch; cursor = after(cursor)) {
        const indices = order.subarray(cursor.batch * size, Math.min((cursor.batch + 1) * size, count))
        const keys = Array.from(indices, (index) => fold(chance, index))
        yield { ...transform(gather(set, indices), keys), labels: labelsAt(set, indices), cursor, next: after(cursor) }
      }
    }
  }
  const trained = last === 'keep' ? count : perEpoch * size
  const sizes = { examples: trained, full: Math.min(size, count), last: trained - (perEpoch - 1) * size }
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
