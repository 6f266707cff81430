import type { Tensor } from '@tensorflow/tfjs-core'

/** Tensors by name. */
export type Outputs = { readonly [name: string]: Tensor }

/**
 * A computation that must give the same on every backend: pure, synchronous, without reading a tensor back. Inputs are
 * made inside, so that they are on the backend that runs it.
 */
export type CorpusCase = {
  readonly name: string
  readonly compute: () => Outputs
  /** What to compute on plain JavaScript in its place, where that is known to be wrong or slow. */
  readonly reference?: () => Outputs
  /**
   * Largest difference, relative to the largest finite expected magnitude of an output, and to a hundredth of the
   * largest of all outputs; 1e-5 by default.
   */
  readonly tolerance?: number
}
