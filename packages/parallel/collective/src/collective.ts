import type { either as E, task as T, taskEither as TE } from 'fp-ts'
import type { CollectiveError } from './error.ts'

/** How numbers travel between ranks. They are summed as float32 in any case. */
export type Wire = 'float32' | 'float16' | 'bfloat16'

/**
 * What the ranks of a run do together. Each rank makes the same calls in the same order, and each call ends when all
 * ranks have made it. Calls may overlap: those made before earlier ones ended are queued in order. What a call was
 * given must not change before it has ended.
 *
 * @see MPI: A Message-Passing Interface Standard, version 4.0, chapter 6
 */
export type Collective = {
  /** This rank, from 0 to `size - 1`. */
  readonly rank: number
  /** How many ranks there are. */
  readonly size: number
  /**
   * `y = x₀ + x₁ + …`: the sum of `values` over all ranks, the same bits on every rank and from run to run. It is
   * written to `into`, which has the same length and may be `values`, or to a new array; fresh memory may cost more
   * than the sum.
   */
  readonly allReduce: (
    values: Float32Array,
    options?: { readonly wire?: Wire; readonly into?: Float32Array },
  ) => TE.TaskEither<CollectiveError, Float32Array>
  /** The bytes of `root` (by default 0) on every rank; what the others pass is not read, and may have any length. */
  readonly broadcast: (
    bytes: Uint8Array,
    options?: { readonly root?: number },
  ) => TE.TaskEither<CollectiveError, Uint8Array>
  /** The bytes of each rank in the order of the ranks; lengths may differ. */
  readonly allGather: (bytes: Uint8Array) => TE.TaskEither<CollectiveError, readonly Uint8Array[]>
  /** Ends when all ranks have come to it. */
  readonly barrier: TE.TaskEither<CollectiveError, void>
  /**
   * The blocking form of `allReduce`, for what happens inside a forward or backward pass, such as synchronised batch
   * normalisation. Calls that are still queued are done first.
   */
  readonly allReduceNow: (values: Float32Array) => E.Either<CollectiveError, Float32Array>
  /** Ends this rank's part; it may be called twice. */
  readonly close: T.Task<void>
}
