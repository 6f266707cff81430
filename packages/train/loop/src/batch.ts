import type { Cursor } from './run.ts'

/** Examples for a net: `images` holds `shape[0]` samples of shape `shape.slice(1)`, with one label (a class index) each. */
export type Examples = {
  readonly images: Float32Array
  /** with the batch axis: `[batch, height, width, channels]` or `[batch, features]` */
  readonly shape: readonly number[]
  readonly labels: Int32Array
}

/** Examples with their place in the data: `cursor` is where they are, `next` where the pass goes on after them. */
export type Batch = Examples & { readonly cursor: Cursor; readonly next: Cursor }

/** The batches from a place on: those of the unbroken pass from there, in order, at least to the end of the last epoch. */
export type BatchesFrom = (start: Cursor) => AsyncIterable<Batch>
