import { key } from '@resfn/random'
import { compose, randomCrop, randomHorizontalFlip, resize } from '@resfn/transforms'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Batch, batches, batchesInOrder, type BatchesOptions, batchesPerEpoch, type ImageSet } from './index.ts'

/** `count` images of 4 x 3 pixels whose first byte is their index. */
const setOf = (count: number): ImageSet => ({
  images: Uint8Array.from({ length: count * 12 }, (_, i) => (i % 12 === 0 ? i / 12 : (i * 7) % 256)),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 3),
  shape: [4, 3, 1],
  classes: ['a', 'b', 'c'],
})
const take = async (source: AsyncIterable<Batch>, count = Infinity): Promise<readonly Batch[]> => {
  const taken: Batch[] = []
  if (count > 0) for await (const batch of source) if (taken.push(batch) >= count) break
  return taken
}
const indicesOf = ({ images, labels }: Batch): readonly number[] =>
  Array.from({ length: labels.length }, (_, i) => Math.round((images[i * 12] ?? 0) * 255))
const augment = compose(randomCrop({ padding: 1 }), randomHorizontalFlip(), resize({ height: 5, width: 5 }))

const passes = fc.record({
  count: fc.integer({ min: 1, max: 20 }),
  size: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(),
  last: fc.constantFrom('keep' as const, 'drop' as const),
})

describe('batches', () => {
  it('started at any cursor are exactly those of an unbroken pass', async () => {
    await fc.assert(
      fc.asyncProperty(passes, fc.nat(), async ({ count, size, seed, last }, pick) => {
        fc.pre(last === 'keep' || size <= count)
        const options: BatchesOptions = { size, key: key(seed), transform: augment, epochs: 3, last }
        const unbroken = await take(batches(setOf(count), options))
        const at = pick % unbroken.length
        const broken = await take(batches(setOf(count), options), at + 1)
        expect(broken).toEqual(unbroken.slice(0, at + 1))
        const next = broken.at(-1)?.next
        if (next === undefined) throw new Error('no batch')
        expect(await take(batches(setOf(count), { ...options, start: next }))).toEqual(unbroken.slice(at + 1))
      }),
      { numRuns: 40 },
    )
  })

  it('hold every image once an epoch, with its label', async () => {
    await fc.assert(
      fc.asyncProperty(passes, async ({ count, size, seed }) => {
        const all = await take(batches(setOf(count), { size, key: key(seed), epochs: 2 }))
        expect(all.length).toBe(2 * batchesPerEpoch(count, { size }))
        for (const epoch of [0, 1]) {
          const indices = all.filter(({ cursor }) => cursor.epoch === epoch).flatMap(indicesOf)
          expect([...indices].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
        }
        for (const batch of all) expect([...batch.labels]).toEqual(indicesOf(batch).map((index) => index % 3))
      }),
      { numRuns: 40 },
    )
  })

  it('augment an image the same whatever the batch size', async () => {
    const imagesBySize = async (size: number): Promise<readonly string[]> => {
      const all = await take(batches(setOf(12), { size, key: key(5), transform: augment, epochs: 1 }))
      return all
        .flatMap(({ images, labels }) =>
          Array.from({ length: labels.length }, (_, i) => images.slice(i * 25, (i + 1) * 25).join()),
        )
        .sort()
    }
    expect(await imagesBySize(5)).toEqual(await imagesBySize(12))
  })

  it('shuffle every epoch and every key differently', async () => {
    const orders = async (seed: number): Promise<readonly string[]> =>
      (await take(batches(setOf(20), { size: 20, key: key(seed), epochs: 3 }))).map((batch) => indicesOf(batch).join())
    const [a, b] = [await orders(0), await orders(1)]
    expect(new Set([...a, ...b]).size).toBe(6)
  })

  it('augment every epoch differently', async () => {
    const all = await take(
      batches(setOf(1), { size: 1, key: key(0), transform: randomCrop({ padding: 2 }), epochs: 20 }),
    )
    // 25 places, 20 draws.
    expect(new Set(all.map(({ images }) => images.join())).size).toBeGreaterThan(8)
  })

  it('drop a partial last batch where told so, and keep it otherwise', async () => {
    const counts = async (last: 'keep' | 'drop'): Promise<readonly number[]> =>
      (await take(batches(setOf(10), { size: 4, key: key(0), epochs: 1, last }))).map(({ labels }) => labels.length)
    expect(await counts('keep')).toEqual([4, 4, 2])
    expect(await counts('drop')).toEqual([4, 4])
    const sizes = (count: number, last: 'keep' | 'drop') => batches(setOf(count), { size: 4, key: key(0), last }).sizes
    expect(sizes(10, 'keep')).toEqual({ examples: 10, full: 4, last: 2 })
    expect(sizes(10, 'drop')).toEqual({ examples: 8, full: 4, last: 4 })
    expect(sizes(8, 'keep')).toEqual({ examples: 8, full: 4, last: 4 })
    expect(sizes(3, 'keep')).toEqual({ examples: 3, full: 3, last: 3 })
  })

  it('go on without end where no number of epochs is given, and may be left at any time', async () => {
    expect((await take(batches(setOf(3), { size: 2, key: key(0) }), 101)).at(-1)?.cursor).toEqual({
      epoch: 50,
      batch: 0,
    })
  })

  it('are a pass of their own in each loop', async () => {
    const source = batches(setOf(7), { size: 3, key: key(0), epochs: 1 })
    expect(await take(source)).toEqual(await take(source))
  })

  it('give the shape that the transform makes', async () => {
    const [batch] = await take(batches(setOf(4), { size: 3, key: key(0), transform: augment, epochs: 1 }))
    expect(batch?.shape).toEqual([3, 5, 5, 1])
    expect(batch?.images.length).toBe(75)
  })

  it('prepare the next batch while the caller waits, and only one', async () => {
    let made = 0
    const source = batches(setOf(9), { size: 3, key: key(0), epochs: 1, transform: (images) => (made++, images) })[
      Symbol.asyncIterator
    ]()
    await source.next()
    expect(made).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(made).toBe(2)
    await source.next()
    expect(made).toBe(2)
    await source.return?.()
    expect(await source.next()).toEqual({ done: true, value: undefined })
    expect(made).toBe(2)
  })

  it('throw where the batch is asked for when a transform throws, even when it was prepared ahead', async () => {
    let calls = 0
    const source = batches(setOf(4), {
      size: 2,
      key: key(0),
      transform: (images) => {
        if (++calls === 2) throw new Error('no such transform')
        return images
      },
    })[Symbol.asyncIterator]()
    await source.next()
    await new Promise((resolve) => setTimeout(resolve, 10))
    await expect(source.next()).rejects.toThrow('no such transform')
  })

  it('name options that cannot be', () => {
    const with_ =
      (options: Partial<BatchesOptions>): (() => unknown) =>
      () =>
        batches(setOf(4), { size: 2, key: key(0), ...options })
    expect(with_({ size: 0 })).toThrow('batches: size must be a whole number of at least 1, not 0')
    expect(with_({ size: 1.5 })).toThrow('size must be')
    expect(with_({ start: { epoch: -1, batch: 0 } })).toThrow(
      'batches: start: epoch must be a whole number of at least 0, not -1',
    )
    expect(with_({ start: { epoch: 0 } as BatchesOptions['start'] & object })).toThrow(
      'batches: start: batch is missing',
    )
    expect(with_({ start: { epoch: 0, batch: 3 } })).toThrow('an epoch has 2 batches')
    expect(with_({ epochs: -1 })).toThrow('epochs')
    expect(with_({ seed: 3 } as object)).toThrow('batches: there is no option seed; ')
    expect(with_({ epoch: 3 } as object)).toThrow('batches: there is no option epoch; did you mean epochs?')
    expect(with_({ key: 7 } as object)).toThrow('batches: key must be a key of @resfn/random, not 7')
    expect(with_({ last: 'skip' } as object)).toThrow("batches: last must be one of 'keep', 'drop', not 'skip'")
    expect(() => batchesInOrder(setOf(4), { size: 2, epochs: 1 } as { size: number })).toThrow(
      'batchesInOrder: there is no option epochs',
    )
    expect(() => batches(setOf(0), { size: 1, key: key(0) })).toThrow('the set has no images')
    expect(with_({ size: 5, last: 'drop' })).toThrow('a set of 4 images has no full batch of 5')
  })
})

describe('batchesInOrder', () => {
  it('holds every image once in the order of the set, with a smaller last batch', async () => {
    const all = await take(batchesInOrder(setOf(7), { size: 3, transform: (images) => images }))
    expect(all.map(({ labels }) => labels.length)).toEqual([3, 3, 1])
    expect(all.flatMap(indicesOf)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(all.flatMap(({ labels }) => [...labels])).toEqual([0, 1, 2, 0, 1, 2, 0])
  })

  it('accepts no random transform', () => {
    // @ts-expect-error a random transform needs keys
    expect(batchesInOrder(setOf(1), { size: 1, transform: randomHorizontalFlip() })).toBeDefined()
  })
})
