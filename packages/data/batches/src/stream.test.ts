import { fold, key, uniform } from '@resfn/random'
import { taskEither as TE } from 'fp-ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Batch,
  batches,
  BrokenImageError,
  type ImageSource,
  streamedBatches,
  streamedInOrder,
  type StreamOptions,
} from './index.ts'

/** Images of one number: their index, and with a key what it draws. */
const sourceOf = (count: number, broken: readonly number[] = []): ImageSource & { readonly reads: number[] } => {
  const reads: number[] = []
  return {
    reads,
    labels: Uint8Array.from({ length: count }, (_, i) => i % 3),
    classes: ['a', 'b', 'c'],
    shape: [1, 2, 1],
    nameOf: (index) => `photos/${index}.jpg`,
    read: (index, own) => async () => {
      reads.push(index)
      // Images come in another order than they are asked for.
      await new Promise((resolve) => setTimeout(resolve, (index * 7) % 3))
      return broken.includes(index)
        ? TE.left({ _tag: 'Damaged', message: 'it is cut short' })()
        : TE.right(new Float32Array([index, own === undefined ? -1 : uniform(own, 1)[0]!]))()
    },
  }
}
const take = async (source: AsyncIterable<Batch>, count = Infinity): Promise<readonly Batch[]> => {
  const taken: Batch[] = []
  for await (const batch of source) if (taken.push(batch) >= count) break
  return taken
}
const indicesOf = ({ images }: Batch): readonly number[] => [...images].filter((_, i) => i % 2 === 0)

const passes = fc.record({
  count: fc.integer({ min: 2, max: 14 }),
  size: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(),
  broken: fc.uniqueArray(fc.nat(14), { maxLength: 1 }),
  ahead: fc.nat(3),
})

describe('streamedBatches', () => {
  it('started at any cursor are exactly those of an unbroken pass, also with broken images', async () => {
    await fc.assert(
      fc.asyncProperty(passes, fc.nat(), async ({ count, size, seed, broken, ahead }, pick) => {
        const options: StreamOptions = { size, key: key(seed), epochs: 2, broken: 'skip', ahead }
        const unbroken = await take(streamedBatches(sourceOf(count, broken), options))
        const at = pick % unbroken.length
        const head = await take(streamedBatches(sourceOf(count, broken), options), at + 1)
        expect(head).toEqual(unbroken.slice(0, at + 1))
        const start = head.at(-1)!.next
        expect(await take(streamedBatches(sourceOf(count, broken), { ...options, start }))).toEqual(
          unbroken.slice(at + 1),
        )
      }),
      { numRuns: 25 },
    )
  })

  it('have the order, the labels and the sizes of batches', async () => {
    const set = {
      images: Uint8Array.from({ length: 22 }, (_, i) => Math.floor(i / 2)),
      labels: sourceOf(11).labels,
      shape: [1, 2, 1],
      classes: ['a', 'b', 'c'],
    } as const
    const options = { size: 4, key: key(3), epochs: 2, last: 'drop' } as const
    const [own, other] = [streamedBatches(sourceOf(11), options), batches(set, options)]
    expect(own.sizes).toEqual(other.sizes)
    const [streamed, plain] = [await take(own), await take(other)]
    expect(streamed.map(indicesOf)).toEqual(
      plain.map(({ images }) => [...images].filter((_, i) => i % 2 === 0).map((value) => Math.round(255 * value))),
    )
    expect(streamed.map(({ labels, cursor, next }) => ({ labels, cursor, next }))).toEqual(
      plain.map(({ labels, cursor, next }) => ({ labels, cursor, next })),
    )
  })

  it('give each image the key of its epoch and index, whatever the batch size', async () => {
    const [batch] = await take(streamedBatches(sourceOf(5), { size: 5, key: key(9), epochs: 1 }))
    indicesOf(batch!).forEach((index, i) =>
      expect(batch!.images[2 * i + 1]).toBe(uniform(fold(fold(fold(key(9), 'transform'), 0), index), 1)[0]),
    )
  })

  it('keep their sizes where images are broken: the next one in the order takes the place', async () => {
    const source = sourceOf(6, [0, 4])
    const told: string[] = []
    const options: StreamOptions = {
      size: 2,
      key: key(1),
      epochs: 3,
      broken: 'skip',
      onBroken: (index, { message }) => told.push(`${source.nameOf(index)}: ${message}`),
    }
    const all = await take(streamedBatches(source, options))
    expect(all.map(({ labels }) => labels.length)).toEqual(Array(9).fill(2))
    expect(all.flatMap(indicesOf)).not.toContain(0)
    for (const batch of all) expect([...batch.labels]).toEqual(indicesOf(batch).map((index) => index % 3))
    expect(told.toSorted()).toEqual(['photos/0.jpg: it is cut short', 'photos/4.jpg: it is cut short'])
  })

  it('end at the name of a broken image, or where all are broken', async () => {
    const options = { size: 2, key: key(1), epochs: 1 }
    await expect(take(streamedBatches(sourceOf(4, [2]), options))).rejects.toThrow('photos/2.jpg: it is cut short')
    await expect(take(streamedBatches(sourceOf(2, [0, 1]), { ...options, broken: 'skip' }))).rejects.toThrow(
      'none of the 2 images can be read',
    )
    await expect(take(streamedBatches(sourceOf(1, [0]), options))).rejects.toBeInstanceOf(BrokenImageError)
  })

  it('read no more than they are told ahead', async () => {
    const source = sourceOf(40)
    const pass = streamedBatches(source, { size: 4, key: key(1), ahead: 1 })[Symbol.asyncIterator]()
    await pass.next()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(source.reads.length).toBe(8)
    await pass.return?.()
  })

  it('name a wrong option', () => {
    expect(() => streamedBatches(sourceOf(4), { size: 0, key: key(1) })).toThrow('size must be')
    expect(() => streamedBatches(sourceOf(4), { size: 2, key: key(1), broken: 'ignore' as never })).toThrow(
      'broken must be',
    )
    expect(() => streamedBatches(sourceOf(0), { size: 2, key: key(1) })).toThrow('has no images')
  })
})

describe('streamedInOrder', () => {
  it('gives every image once without chance, and leaves out what is broken', async () => {
    const found = await take(streamedInOrder(sourceOf(7, [2, 3, 6]), { size: 2, broken: 'skip' }))
    expect(found.map(indicesOf)).toEqual([
      [0, 1],
      [4, 5],
    ])
    for (const { images } of found) expect([...images].filter((_, i) => i % 2 === 1)).toEqual([-1, -1])
    expect((await take(streamedInOrder(sourceOf(5), { size: 2 }))).map(indicesOf)).toEqual([[0, 1], [2, 3], [4]])
    await expect(take(streamedInOrder(sourceOf(3, [1]), { size: 2 }))).rejects.toThrow('photos/1.jpg')
  })

  it('leaves no gap where the first of a batch are broken', async () => {
    const found = await take(streamedInOrder(sourceOf(6, [0, 4]), { size: 3, broken: 'skip' }))
    expect(found.map(indicesOf)).toEqual([
      [1, 2],
      [3, 5],
    ])
    expect(found.map(({ images, shape, labels }) => [images.length, shape, [...labels]])).toEqual([
      [4, [2, 1, 2, 1], [1, 2]],
      [4, [2, 1, 2, 1], [0, 2]],
    ])
  })
})

describe('a source that writes into the batch', () => {
  it('gives the batches of one that does not, in the memory that it allocates', async () => {
    const plain = sourceOf(9, [3])
    const writing: ImageSource = {
      ...plain,
      allocate: (length) => new Float32Array(new SharedArrayBuffer(4 * length)),
      read: (index, own, into) =>
        TE.map((image: Float32Array) => {
          into!.set(image)
          return into!
        })(plain.read(index, own)),
    }
    const options: StreamOptions = { size: 4, key: key(2), epochs: 2, broken: 'skip' }
    const [found, expected] = [
      await take(streamedBatches(writing, options)),
      await take(streamedBatches(plain, options)),
    ]
    const inOrder = await take(streamedInOrder(writing, { size: 4, broken: 'skip' }))
    for (const { images } of [...found, ...inOrder]) expect(images.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(found.map(({ images }) => [...images])).toEqual(expected.map(({ images }) => [...images]))
    expect(inOrder.map(indicesOf)).toEqual([[0, 1, 2], [4, 5, 6, 7], [8]])
  })
})
