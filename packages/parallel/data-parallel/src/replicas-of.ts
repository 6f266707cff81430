import type { Collective, Wire } from '@resfn/collective'
import { checkOptions, flag, numberFrom, oneOf, optional } from '@resfn/options'
import type { Replicas } from '@resfn/step'
import { bucketExchange } from './bucket-exchange.ts'
import { valueOf } from './ranks-error.ts'

/** How replicas exchange their gradients. */
export type ExchangeOptions = {
  /**
   * How gradients travel, by default as float32. In half of the bytes, `bfloat16` keeps the range and `float16` more
   * digits; sums are float32 in any case, and so are statistics and numbers on the way.
   */
  readonly wire?: Wire
  /**
   * Megabytes that travel at once, by default 4: while some do, the next ones are made ready. Between hosts, where each
   * bucket waits for the way there and back, larger ones are faster, such as 25.
   */
  readonly bucket?: number
  /**
   * Whether gradients set out while the backward pass goes on, by default not; the sums are the same. It can pay on
   * MPI, which has a thread of its own, between hosts that have a core more than the backend has threads. It reads
   * numbers back in the middle of the pass, which the backends cpu, wasm and native can.
   */
  readonly overlap?: boolean
}

/** Replicas of a run, and what layers of theirs do together in the middle of a pass. */
export type RankReplicas = Replicas & {
  /** The weight of the examples that go through the net: 0 where they only keep the others company. */
  readonly weight: () => number
  /** The sum of numbers over all ranks, at once. */
  readonly sumNow: (values: Float32Array) => Float32Array
}

/**
 * Replicas of a run, one a rank, for `train` of `@resfn/loop`. In each step `g = sum(w_r g_r)`: the gradients of the
 * ranks, weighted by their part w of the examples, which are those of the mean over the whole batch. They travel in
 * buckets, laid out by path; batch statistics and the numbers of the step go with them.
 *
 * @param collective the ranks; see `@resfn/collective`
 * @param options see `ExchangeOptions`
 * @returns replicas; what they do throws a `RanksError` where the ranks could not work together
 * @throws OptionsError if an option is unknown or of a wrong form
 * @see Li et al., "PyTorch distributed: experiences on accelerating data parallel training" (2020), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import * as tf from '@tensorflow/tfjs-core'
 * import { single } from '@resfn/collective'
 * import { replicasOf } from '@resfn/data-parallel'
 *
 * const replicas = replicasOf(single())
 * const found = { gradients: { weight: tf.tensor1d([1, 2]) }, seen: {}, sums: [3] }
 * const { gradients, sums } = await replicas.exchange(1).end(found)
 * assert.deepEqual([[...gradients.weight.dataSync()], sums], [[1, 2], [3]])
 * ```
 */
export const replicasOf = (collective: Collective, options: ExchangeOptions = {}): RankReplicas => {
  checkOptions('replicasOf', options, {
    wire: optional(oneOf('float32', 'float16', 'bfloat16')),
    bucket: optional(numberFrom(0)),
    overlap: optional(flag),
  })
  const { wire = 'float32', bucket = 4, overlap = false } = options
  const { rank, size } = collective
  let weight = 1
  return {
    rank,
    size,
    exchange: bucketExchange(collective, { wire, most: (bucket * 2 ** 20) / Float32Array.BYTES_PER_ELEMENT, overlap }),
    weighing: (given, work) => {
      weight = given
      try {
        return work()
      } finally {
        weight = 1
      }
    },
    sum: async (values) => [...valueOf(await collective.allReduce(Float32Array.from(values))())],
    gather: async (bytes) => valueOf(await collective.allGather(bytes)()),
    weight: () => weight,
    sumNow: (values) => valueOf(collective.allReduceNow(values)),
  }
}
