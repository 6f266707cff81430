import type { Tensor } from '@tensorflow/tfjs-core'
import type { Share } from '@resfn/batches'
import { BatchError } from './error.ts'

/** Means over the examples of a replica, or of all; and numbers that are summed as they are. */
export type Found<P, S> = {
  readonly gradients: P
  readonly seen: S
  readonly sums: readonly number[]
}

/** An exchange that has begun. All replicas make the same calls of it in the same order. */
export type Exchange = {
  /** Gives the gradient of a leaf that is whole, so that it can set out while others are computed. */
  readonly give: (path: string, gradient: Tensor) => void
  /**
   * Weighs what all replicas found and adds it up, `gradients = sum(weight * gradients)` and `seen` likewise; what was
   * given does not travel again. The caller owns the tensors of both.
   */
  readonly end: <P, S>(found: Found<P, S>) => Promise<Found<P, S>>
}

/**
 * Replicas of a run: each has the same weights, learns from its share of every batch, and makes the same update as the
 * others. All of them make the same calls in the same order. `replicasOf` of `@resfn/data-parallel` makes them of a
 * collective.
 */
export type Replicas = {
  /** This replica, from 0 to `size - 1`. */
  readonly rank: number
  /** How many replicas there are. */
  readonly size: number
  /** Begins an exchange of what replicas find, where this one has `weight` as its part of the whole batch. */
  readonly exchange: (weight: number) => Exchange
  /**
   * Does work on examples of a weight; layers that work together, such as synchronised batch normalisation, ask for it.
   */
  readonly weighing: <A>(weight: number, work: () => A) => A
  /** The sums of numbers over all replicas. */
  readonly sum: (values: readonly number[]) => Promise<readonly number[]>
  /** The bytes of each replica, in the order of the ranks. */
  readonly gather: (bytes: Uint8Array) => Promise<readonly Uint8Array[]>
}

/** The share of a batch; throws where the batches are not shared out among replicas. */
export const shareOf = (
  { labels, share }: { readonly labels: Int32Array; readonly share?: Share },
  { size }: Replicas,
): Share => {
  if (share === undefined && size > 1)
    throw new BatchError(
      `a batch has no share, but there are ${size} replicas; give each its shard of the batches, as @resfn/batches does`,
    )
  return share ?? { examples: labels.length, whole: labels.length }
}
