import type { Share } from './shard.ts'

/** A place in the pass over the data: batch `batch` (from 0) of epoch `epoch` (from 0). */
export type Cursor = { readonly epoch: number; readonly batch: number }

/**
 * Examples for a net: `images` holds `shape[0]` samples of shape `shape.slice(1)`, with one label (a class index) each.
 */
export type Examples = {
  readonly images: Float32Array
  /** With the batch axis: `[batch, height, width, channels]` or `[batch, features]`. */
  readonly shape: readonly number[]
  readonly labels: Int32Array
  /** What a net should say instead of the labels alone, `[batch, classes]` row by row: mixed images have several. */
  readonly targets?: Float32Array
}

/**
 * The sizes of the batches of a pass, known before the first one is made. With a `shard`, those of the rank that has
 * the fewest examples, so that all ranks know the same.
 */
export type BatchSizes = {
  /** Examples that are trained on in an epoch, by all ranks together. */
  readonly examples: number
  /** Examples in a full batch. */
  readonly full: number
  /** Examples in the last batch of an epoch. */
  readonly last: number
}

/** A pass over the data. With `sizes`, a training loop finds a last batch that is too small before the first step. */
export type Batches<B extends Batch = Batch> = AsyncIterable<B> & { readonly sizes?: BatchSizes }

/** Examples with their place in the data. */
export type Batch = Examples & {
  /** Where this batch is. */
  readonly cursor: Cursor
  /** Where to start to go on after this batch: keep it in the checkpoint. */
  readonly next: Cursor
  /** Where the pass has a `shard`: how much this is of the whole batch. */
  readonly share?: Share
}
