import { checkOptions, oneOf, optional, type Rule, type Rules, wholeNumberFrom } from '@resfn/options'
import { fold, type Key, permutation } from '@resfn/random'
import type { BatchSizes, Cursor } from './batch.ts'
import { checkShard, placesOf, rangeOf, type Shard, shardRule, type Share, sharesOf } from './shard.ts'

/** How a shuffled pass goes over a set. */
export type PassOptions = {
  /** Images in a batch. */
  readonly size: number
  /** Decides the order of each epoch and all random choices. */
  readonly key: Key
  /** Where to start; by default at the beginning. */
  readonly start?: Cursor
  /** The pass ends before this epoch; by default it has no end. */
  readonly epochs?: number
  /** What to do with the last batch of an epoch if it is smaller than `size`; by default `'keep'`. */
  readonly last?: 'keep' | 'drop'
  /**
   * The rank that takes the pass: it makes only its share of each batch, in which it has every `size`-th pair of
   * places. Order, keys and cursors are those of the whole pass, whatever the number of ranks; by default it makes all.
   */
  readonly shard?: Shard
}

const keepOrDrop = optional(oneOf('keep', 'drop'))

const key: Rule = {
  must: 'a key of @resfn/random',
  holds: (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isInteger),
}

const cursor: Rule = {
  must: 'a cursor { epoch, batch }',
  holds: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

const wholeOrEndless: Rule = {
  must: 'a whole number of at least 0',
  holds: (value) => value === Infinity || wholeNumberFrom(0).holds(value),
}

/** The rules of `PassOptions`. */
export const passRules: Rules<PassOptions> = {
  size: wholeNumberFrom(1),
  key,
  start: optional(cursor),
  epochs: optional(wholeOrEndless),
  last: keepOrDrop,
  shard: shardRule,
}

/**
 * The number of batches in one epoch.
 *
 * @param count images in the set
 * @param options `size` of a batch, and what to do with a smaller `last` one: `'keep'` (by default) or `'drop'`
 * @throws RangeError if an option is unknown or wrong
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
  options: { readonly size: number; readonly last?: 'keep' | 'drop' },
): number => {
  checkOptions('batchesPerEpoch', options, { size: wholeNumberFrom(1), last: keepOrDrop })
  return options.last === 'drop' ? Math.floor(count / options.size) : Math.ceil(count / options.size)
}

/** What is in a batch, and where it is. */
export type Place = {
  readonly cursor: Cursor
  readonly next: Cursor
  /** The images of the batch, or of the rank's share in it. */
  readonly indices: Uint32Array
  /**
   * What may take the place of the `i`-th of them: the image at the same place of the next batch, and from there on all
   * others by `steps` in the order of the epoch.
   */
  readonly after: (i: number, steps: number) => number
  readonly share?: Share
  /** What decides the random choices for an image in this epoch. */
  readonly keyOf: (index: number) => Key
}

/** A shuffled pass over `count` images: the places of its batches from `start` on, and their sizes. */
export type Pass = { readonly places: () => Generator<Place>; readonly sizes: BatchSizes }

/**
 * A shuffled pass. Epoch `e` has the order `permutation(fold(fold(key, 'order'), e))`, and image `i` in it the key
 * `fold(fold(fold(key, 'transform'), e), i)`.
 *
 * @throws RangeError if an epoch has no batch, or the start is not in one
 */
export const passOver = (where: string, count: number, options: PassOptions): Pass => {
  const { size, start = { epoch: 0, batch: 0 }, epochs = Infinity, last = 'keep', shard } = options
  if (shard !== undefined) checkShard(where, shard)
  checkOptions(`${where}: start`, start, { epoch: wholeNumberFrom(0), batch: wholeNumberFrom(0) })
  const perEpoch = batchesPerEpoch(count, { size, last })
  if (count === 0) throw new RangeError(`${where}: the set has no images`)
  if (perEpoch === 0)
    throw new RangeError(
      `${where}: a set of ${count} images has no full batch of ${size}; use a smaller size or keep the last batch`,
    )
  if (start.batch > perEpoch)
    throw new RangeError(
      `${where}: start.batch is ${start.batch}, an epoch has ${perEpoch} batches; was the cursor made with another size?`,
    )

  const after = ({ epoch, batch }: Cursor): Cursor =>
    batch + 1 < perEpoch ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 }

  function* places(): Generator<Place> {
    let at = start.batch < perEpoch ? start : { epoch: start.epoch + 1, batch: 0 }
    while (at.epoch < epochs) {
      const { epoch } = at
      const order = permutation(fold(fold(options.key, 'order'), epoch), count)
      const chance = fold(fold(options.key, 'transform'), epoch)
      for (; at.epoch === epoch; at = after(at)) {
        const [from, to] = [at.batch * size, Math.min((at.batch + 1) * size, count)]
        const own = placesOf(to - from, shard ?? { rank: 0, size: 1 })
        // A rank without any takes the first one, for company.
        const places = own.length > 0 ? own : [0]
        yield {
          cursor: at,
          next: after(at),
          indices: Uint32Array.from(places, (place) => order[from + place]!),
          after: (i, steps) => order[(to + places[i]! + steps) % count]!,
          keyOf: (index) => fold(chance, index),
          ...(shard !== undefined && { share: { examples: own.length, whole: to - from } }),
        }
      }
    }
  }
  const trained = last === 'keep' ? count : perEpoch * size
  const least = (examples: number): number => Math.max(1, sharesOf(examples, shard?.size ?? 1).fewest)
  const sizes = {
    examples: trained,
    full: least(Math.min(size, count)),
    last: least(trained - (perEpoch - 1) * size),
  }
  return { places, sizes }
}

/** The rules of what `inOrder` takes. */
export const inOrderRules: Rules<{ readonly size: number; readonly shard?: Shard }> = {
  size: wholeNumberFrom(1),
  shard: shardRule,
}

/**
 * The batches of a pass in order over `count` images, or over those of a rank: from which image to which, and where.
 */
export function* inOrder(
  where: string,
  count: number,
  { size, shard = { rank: 0, size: 1 } }: { readonly size: number; readonly shard?: Shard },
): Generator<Pick<Place, 'cursor' | 'next'> & { readonly from: number; readonly to: number }> {
  checkShard(where, shard)
  const [first, end] = rangeOf(count, shard)
  const batches = batchesPerEpoch(end - first, { size })
  for (let batch = 0; batch < batches; batch++) {
    const from = first + batch * size
    const next = batch + 1 < batches ? { epoch: 0, batch: batch + 1 } : { epoch: 1, batch: 0 }
    yield { cursor: { epoch: 0, batch }, next, from, to: Math.min(from + size, end) }
  }
}
