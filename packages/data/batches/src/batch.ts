/** A place in the pass over the data: batch `batch` (from 0) of epoch `epoch` (from 0). */
export type Cursor = { readonly epoch: number; readonly batch: number }

/** Examples for a net: `images` holds `shape[0]` samples of shape `shape.slice(1)`, with one label (a class index) each. */
export type Examples = {
  readonly images: Float32Array
  /** With the batch axis: `[batch, height, width, channels]` or `[batch, features]`. */
  readonly shape: readonly number[]
  readonly labels: Int32Array
}

/** Examples with their place in the data. */
export type Batch = Examples & {
  /** Where this batch is. */
  readonly cursor: Cursor
  /** Where to start to go on after this batch: keep it in the checkpoint. */
  readonly next: Cursor
}
