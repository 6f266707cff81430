import { checkOptions, optional, type Rule, wholeNumberFrom } from '@resfn/options'

/** One rank of several that share the examples of each batch. */
export type Shard = {
  /** From 0 to `size - 1`. */
  readonly rank: number
  /** How many ranks there are. */
  readonly size: number
}

/** How much of a batch is in the hands of one rank. */
export type Share = {
  /**
   * Examples of the rank that count. 0 where it has none: then its batch is one example that keeps the others company.
   */
  readonly examples: number
  /** Examples of all ranks together. */
  readonly whole: number
}

const record: Rule = {
  must: '{ rank, size }, a rank and how many there are',
  holds: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

/** The rule of an option that is a shard; what else it has is not looked at. */
export const shardRule: Rule = optional(record)

/** Throws unless a shard is a rank of so many. */
export const checkShard = (where: string, { rank, size }: Shard): void => {
  checkOptions(`${where}: shard`, { size }, { size: wholeNumberFrom(1) })
  checkOptions(`${where}: shard`, { rank }, { rank: wholeNumberFrom(0, size - 1) })
}

/** What a rank has of `count` things in a row: the first ranks have one more where they do not come out even. */
export const rangeOf = (count: number, { rank, size }: Shard): readonly [from: number, to: number] => {
  const before = (ranks: number): number => ranks * Math.floor(count / size) + Math.min(ranks, count % size)
  return [before(rank), before(rank + 1)]
}

/**
 * The places in a batch of `count` that a rank has. They are dealt in pairs from the outside inwards, because mixing
 * makes a pair of the places that are as far from both ends: a rank with an even number of them has whole pairs.
 */
export const placesOf = (count: number, shard: Shard): readonly number[] => {
  const [from, to] = rangeOf(count, shard)
  return Array.from({ length: to - from }, (_, i) => {
    const half = Math.floor((from + i) / 2)
    return (from + i) % 2 === 0 ? half : count - 1 - half
  }).toSorted((a, b) => a - b)
}

/**
 * The examples that ranks have of a batch: the most, and the fewest.
 *
 * @param count examples of the whole batch
 * @param size how many ranks there are
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { sharesOf } from '@resfn/batches'
 *
 * assert.deepEqual(sharesOf(10, 4), { most: 3, fewest: 2 })
 * ```
 */
export const sharesOf = (count: number, size: number): { readonly most: number; readonly fewest: number } => ({
  most: Math.ceil(count / size),
  fewest: Math.floor(count / size),
})
