import { fold, type Key, permutation } from '@resfn/random'
import { type Images, toFloat, type Transform } from '@resfn/transforms'
import type { ImageSet } from './image-set.ts'
import { prefetch } from './prefetch.ts'

/** A place in the pass over the data: batch `batch` (from 0) of epoch `epoch` (from 0). */
export type Cursor = { readonly epoch: number; readonly batch: number }

/** One batch, ready for a net: `images` in NHWC order with `shape = [count, height, width, channels]`, one label an image. */
export type Batch = {
  readonly images: Float32Array
  readonly shape: Images['shape']
  readonly labels: Int32Array
  readonly count: number
  /** Where this batch is. */
  readonly cursor: Cursor
  /** Where to start to go on after this batch: keep it in the checkpoint. */
  readonly next: Cursor
}

/** How `batches` goes over a set. */
export type BatchesOptions = {
  /** Images in a batch. */
  readonly size: number
  /** The order of each epoch and the chance in the transform come from it alone. */
  readonly key: Key
  readonly transform?: Transform
  /** Where to start, the beginning unless given. */
  readonly start?: Cursor
  /** The pass ends before this epoch; endless unless given. */
  readonly epochs?: number
  /** What to do with a last batch that is not full: kept unless given. */
  readonly last?: 'keep' | 'drop'
}

const wholeFrom = (low: number, name: string, value: number): void => {
  if (!Number.isSafeInteger(value) || value < low)
    throw new RangeError(`batches: ${name} must be a whole number from ${low}, not ${value}`)
}

/**
 * The number of batches in one epoch.
 *
 * @param count images in the set
 * @param options `size` of a batch, and whether the `last`, partial one is kept (unless given) or dropped
 * @throws RangeError if size is not a whole number from 1
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
  { size, last = 'keep' }: { readonly size: number; readonly last?: 'keep' | 'drop' },
): number => {
  wholeFrom(1, 'size', size)
  return last === 'keep' ? Math.ceil(count / size) : Math.floor(count / size)
}

/** Gathers images by index as floats. */
const gather = ({ images, shape: [height, width, channels] }: ImageSet, indices: Uint32Array): Images => {
  const size = height * width * channels
  const bytes = new Uint8Array(indices.length * size)
  indices.forEach((index, i) => bytes.set(images.subarray(index * size, (index + 1) * size), i * size))
  return toFloat(bytes, [indices.length, height, width, channels])
}

const batchOf = (set: ImageSet, indices: Uint32Array, images: Images, cursor: Cursor, next: Cursor): Batch => ({
  images: images.values,
  shape: images.shape,
  labels: Int32Array.from(indices, (index) => set.labels[index]!),
  count: indices.length,
  cursor,
  next,
})

/**
 * Shuffled batches for training, epoch after epoch. Epoch `e` has the order `permutation(fold(fold(key, 'order'), e))`, and the transform
 * gets for image `i` the key `fold(fold(fold(key, 'transform'), e), i)`: a pass that starts at any cursor gives exactly the batches
 * that the unbroken pass gives from there, and an image is augmented the same whatever the batch size.
 * While the caller waits (for a GPU, say), the next batch is prepared.
 *
 * @param set the images; see `imageSet`
 * @param options see `BatchesOptions`
 * @returns batches of float images from 0 to 1 (before the transform); each loop over it is a pass of its own
 * @throws RangeError if size, start or epochs is no such number, or an epoch has no batch
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
export const batches = (
  set: ImageSet,
  {
    size,
    key,
    transform = (images) => images,
    start = { epoch: 0, batch: 0 },
    epochs = Infinity,
    last = 'keep',
  }: BatchesOptions,
): AsyncIterable<Batch> => {
  const count = set.labels.length
  const perEpoch = batchesPerEpoch(count, { size, last })
  wholeFrom(0, 'start.epoch', start.epoch)
  wholeFrom(0, 'start.batch', start.batch)
  if (epochs !== Infinity) wholeFrom(0, 'epochs', epochs)
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

  function* pass(): Generator<Batch> {
    let cursor = start.batch < perEpoch ? start : { epoch: start.epoch + 1, batch: 0 }
    while (cursor.epoch < epochs) {
      const { epoch } = cursor
      const order = permutation(fold(fold(key, 'order'), epoch), count)
      const chance = fold(fold(key, 'transform'), epoch)
      for (; cursor.epoch === epoch; cursor = after(cursor)) {
        const indices = order.subarray(cursor.batch * size, Math.min((cursor.batch + 1) * size, count))
        const keys = Array.from(indices, (index) => fold(chance, index))
        yield batchOf(set, indices, transform(gather(set, indices), keys), cursor, after(cursor))
      }
    }
  }
  return prefetch(pass)
}

/**
 * Every image once, in the order of the set, for evaluation; the last batch may be smaller. A random transform is not accepted.
 *
 * @param set the images; see `imageSet`
 * @param options `size` of a batch, and a `transform` without chance
 * @throws RangeError if size is not a whole number from 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { batchesInOrder } from '@resfn/batches'
 *
 * const set = { images: new Uint8Array([0, 51, 255]), labels: new Uint8Array([0, 1, 0]), shape: [1, 1, 1], classes: ['a', 'b'] } as const
 * const counts: number[] = []
 * for await (const { count } of batchesInOrder(set, { size: 2 })) counts.push(count)
 * assert.deepEqual(counts, [2, 1])
 * ```
 */
export const batchesInOrder = (
  set: ImageSet,
  { size, transform = (images) => images }: { readonly size: number; readonly transform?: (images: Images) => Images },
): AsyncIterable<Batch> => {
  const count = set.labels.length
  const perEpoch = batchesPerEpoch(count, { size })
  function* pass(): Generator<Batch> {
    for (let batch = 0; batch < perEpoch; batch++) {
      const from = batch * size
      const indices = Uint32Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i)
      const next = batch + 1 < perEpoch ? { epoch: 0, batch: batch + 1 } : { epoch: 1, batch: 0 }
      yield batchOf(set, indices, transform(gather(set, indices)), { epoch: 0, batch }, next)
    }
  }
  return prefetch(pass)
}
