import { BatchError } from './error.ts'

/** What a replica brings to an exchange: its means over the examples of its share. */
export type Found<P, S> = {
  readonly gradients: P
  readonly seen: S
  /** How much the means weigh: the part of the whole batch that the replica has. */
  readonly weight: number
  /** Numbers that are summed as they are. */
  readonly sums: readonly number[]
}

/**
 * What an exchange comes to, the same on every replica: `gradients = sum(weight * gradients)`, `seen` likewise, and
 * sums.
 */
export type Shared<P, S> = Omit<Found<P, S>, 'weight'>

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
  /** Weighs what all replicas found and adds it up; the caller owns the tensors of both. */
  readonly exchange: <P, S>(found: Found<P, S>) => Promise<Shared<P, S>>
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
  {
    labels,
    share,
  }: { readonly labels: Int32Array; readonly share?: { readonly examples: number; readonly whole: number } },
  { size }: Replicas,
): { readonly examples: number; readonly whole: number } => {
  if (share === undefined && size > 1)
    throw new BatchError(
      `a batch has no share, but there are ${size} replicas; give each its shard of the batches, as @resfn/batches does`,
    )
  return share ?? { examples: labels.length, whole: labels.length }
}
