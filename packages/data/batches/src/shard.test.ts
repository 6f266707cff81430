import { key } from '@resfn/random'
import { compose, randomCrop, randomHorizontalFlip } from '@resfn/transforms'
import fc from 'fast-check'
import { taskEither as TE } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import {
  type Batch,
  batches,
  batchesInOrder,
  type BatchesOptions,
  type ImageSet,
  type ImageSource,
  mixed,
  sharesOf,
  streamedBatches,
  streamedInOrder,
} from './index.ts'
import { placesOf, rangeOf } from './shard.ts'

const setOf = (count: number): ImageSet => ({
  images: Uint8Array.from({ length: count * 4 }, (_, i) => (i * 37) % 256),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 3),
  shape: [2, 2, 1],
  classes: ['a', 'b', 'c'],
})
const sourceOf = (count: number, broken: readonly number[] = []): ImageSource => ({
  labels: new Uint8Array(count),
  classes: ['a'],
  shape: [1, 1, 1],
  nameOf: String,
  read: (index) =>
    broken.includes(index) ? TE.left({ _tag: 'Cut', message: 'cut' }) : TE.right(Float32Array.of(index)),
})
const take = async <B extends Batch>(pass: AsyncIterable<B>, count = Infinity): Promise<readonly B[]> => {
  const taken: B[] = []
  for await (const batch of pass) if (taken.push(batch) >= count) break
  return taken
}
const ranks = (size: number): readonly { readonly rank: number; readonly size: number }[] =>
  Array.from({ length: size }, (_, rank) => ({ rank, size }))
/** The examples of a batch that count, each as text, in any order. */
const counted = ({ images, labels, targets, share }: Batch): readonly string[] => {
  const [values, classes] = [images.length / labels.length, (targets?.length ?? 0) / labels.length]
  return Array.from({ length: share?.examples ?? labels.length }, (_, i) =>
    JSON.stringify([
      labels[i],
      [...images.slice(i * values, (i + 1) * values)],
      [...(targets?.slice(i * classes, (i + 1) * classes) ?? [])],
    ]),
  )
}
const passes = fc.record({
  count: fc.integer({ min: 1, max: 17 }),
  size: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(),
  ranksOf: fc.integer({ min: 1, max: 5 }),
})

describe('the shards of a pass', () => {
  it('are together exactly the batches of the whole pass, with its cursors, on any number of ranks', async () => {
    await fc.assert(
      fc.asyncProperty(passes, async ({ count, size, seed, ranksOf }) => {
        const transform = compose(randomCrop({ padding: 1 }), randomHorizontalFlip())
        const options: BatchesOptions = { size, key: key(seed), transform, epochs: 2 }
        const whole = await take(batches(setOf(count), options))
        const parts = await Promise.all(
          ranks(ranksOf).map((shard) => take(batches(setOf(count), { ...options, shard }))),
        )
        for (const [i, batch] of whole.entries()) {
          const shares = parts.map((part) => part[i]!)
          expect(shares.flatMap(counted).toSorted()).toEqual(counted(batch).toSorted())
          for (const { cursor, next, share, labels } of shares) {
            expect({ cursor, next }).toEqual({ cursor: batch.cursor, next: batch.next })
            expect(share!.whole).toBe(batch.labels.length)
            expect(labels.length).toBe(Math.max(1, share!.examples))
          }
        }
        expect(parts.every(({ length }) => length === whole.length)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('go on from a cursor with another number of ranks as the whole pass does', async () => {
    const options = { size: 5, key: key(3), epochs: 3 }
    const whole = await take(batches(setOf(13), options))
    const [before] = await take(batches(setOf(13), { ...options, shard: { rank: 1, size: 3 } }), 1)
    const after = await Promise.all(
      ranks(2).map((shard) => take(batches(setOf(13), { ...options, start: before!.next, shard }))),
    )
    for (const [i, batch] of whole.slice(1).entries())
      expect(after.flatMap((part) => counted(part[i]!)).toSorted()).toEqual(counted(batch).toSorted())
  })

  it('mix the images that the whole batch mixes, where each has an even number of them', async () => {
    const mixing = { classes: 3, key: key(2), mixup: 0.5, cutmix: 1 }
    const options = { size: 8, key: key(1), epochs: 2 }
    const whole = await take(mixed(batches(setOf(16), options), mixing))
    for (const size of [2, 4]) {
      const parts = await Promise.all(
        ranks(size).map((shard) => take(mixed(batches(setOf(16), { ...options, shard }), mixing))),
      )
      for (const [i, batch] of whole.entries())
        expect(parts.flatMap((part) => counted(part[i]!)).toSorted()).toEqual(counted(batch).toSorted())
    }
  })

  it('of streamed images are those of the whole, also where images are broken', async () => {
    const options = { size: 4, key: key(4), epochs: 3, broken: 'skip' } as const
    const source = sourceOf(11, [2, 3, 7])
    const whole = await take(streamedBatches(source, options))
    const parts = await Promise.all(ranks(3).map((shard) => take(streamedBatches(source, { ...options, shard }))))
    for (const [i, batch] of whole.entries())
      expect(parts.flatMap((part) => counted(part[i]!)).toSorted()).toEqual(counted(batch).toSorted())
  })

  it('say the sizes of the smallest, the same on all ranks', () => {
    for (const shard of ranks(3))
      expect(batches(setOf(10), { size: 7, key: key(0), shard }).sizes).toEqual({ examples: 10, full: 2, last: 1 })
    expect(batches(setOf(9), { size: 8, key: key(0), shard: { rank: 0, size: 4 } }).sizes).toEqual({
      examples: 9,
      full: 2,
      last: 1,
    })
    expect(sharesOf(7, 3)).toEqual({ most: 3, fewest: 2 })
  })

  it('in order are one stretch a rank, and the whole one after the other', async () => {
    for (const [count, size] of [
      [10, 3],
      [2, 4],
      [6, 1],
    ] as const) {
      const whole = await take(batchesInOrder(setOf(count), { size: 2 }))
      const parts = await Promise.all(
        ranks(size).map((shard) => take(batchesInOrder(setOf(count), { size: 2, shard }))),
      )
      expect(parts.flat().flatMap(counted)).toEqual(whole.flatMap(counted))
      const streamed = await Promise.all(
        ranks(size).map((shard) => take(streamedInOrder(sourceOf(count, [1]), { size: 2, shard, broken: 'skip' }))),
      )
      expect(streamed.flat().flatMap(({ images }) => [...images])).toEqual(
        Array.from({ length: count }, (_, i) => i).filter((i) => i !== 1),
      )
    }
  })

  it('are dealt in whole pairs from the outside inwards, the first ranks one more', () => {
    expect(ranks(2).map((shard) => placesOf(8, shard))).toEqual([
      [0, 1, 6, 7],
      [2, 3, 4, 5],
    ])
    expect(ranks(4).map((shard) => placesOf(5, shard).length)).toEqual([2, 1, 1, 1])
    expect(ranks(3).map((shard) => rangeOf(7, shard))).toEqual([
      [0, 3],
      [3, 5],
      [5, 7],
    ])
  })

  it('name a rank that there is not', () => {
    const pass = (shard: unknown) => () => batches(setOf(4), { size: 2, key: key(0), shard: shard as never })
    expect(pass({ rank: 2, size: 2 })).toThrow('batches: shard: rank must be a whole number from 0 to 1, not 2')
    expect(pass({ rank: 0, size: 0 })).toThrow('batches: shard: size must be a whole number of at least 1, not 0')
    expect(pass(3)).toThrow('batches: shard must be { rank, size }, a rank and how many there are, not 3')
  })
})
