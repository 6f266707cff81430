import { checkOptions, func, oneOf, optional, wholeNumberFrom } from '@resfn/options'
import type { Key } from '@resfn/random'
import type { Images, ImageShape } from '@resfn/transforms'
import type { either as E, taskEither as TE } from 'fp-ts'
import type { Batch, Batches } from './batch.ts'
import type { Labels } from './image-set.ts'
import { inOrder, inOrderRules, passOver, type PassOptions, passRules } from './pass.ts'
import type { Shard } from './shard.ts'

/** Why an image cannot be read. */
export type BrokenImage = { readonly _tag: string; readonly message: string }

/** Labelled images that are read one by one, when they are asked for. */
export type ImageSource = {
  readonly labels: Labels
  /** The name of each class; a label is an index into it. */
  readonly classes: readonly string[]
  /** The shape of every image that `read` gives. */
  readonly shape: ImageShape
  /** What people call an image, such as its path. */
  readonly nameOf: (index: number) => string
  /**
   * An image as a net takes it. The key decides what chance there is; without one there is none, as in evaluation. A
   * source may write it into `into`, its place in the batch, and give that; what it gives otherwise is copied there.
   */
  readonly read: (index: number, key?: Key, into?: Float32Array) => TE.TaskEither<BrokenImage, Float32Array>
  /** Room for so many numbers of a batch, such as memory that threads share; by default a plain array. */
  readonly allocate?: (length: number) => Float32Array
}

/** What is done where images cannot be read. */
export type BrokenOptions = {
  /** `'fail'`, by default, ends the pass with a `BrokenImageError`; `'skip'` leaves the image out. */
  readonly broken?: 'fail' | 'skip'
  /** Told of each image that is left out, the first time. */
  readonly onBroken?: (index: number, broken: BrokenImage) => void
}

/** How `streamedBatches` goes over a source. */
export type StreamOptions = PassOptions &
  BrokenOptions & {
    /** Batches that are read ahead while the caller works, by default 2: so many more are in memory at once. */
    readonly ahead?: number
  }

/** An image cannot be read, or none can. */
export class BrokenImageError extends Error {
  readonly _tag = 'BrokenImage'
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'BrokenImageError'
  }
}

type Reader = (index: number, key: Key | undefined, into: Float32Array) => Promise<boolean>

/** Reads images of a source into a batch; says whether it did, which is not so for one that is left out. */
const readerOf = (source: ImageSource, { broken = 'fail', onBroken }: BrokenOptions): Reader => {
  const known = new Set<number>()
  return async (index, key, into) => {
    if (known.has(index)) return false
    const read: E.Either<BrokenImage, Float32Array> = await source.read(index, key, into)()
    if (read._tag === 'Right') {
      if (read.right !== into) into.set(read.right)
      return true
    }
    if (broken === 'fail')
      throw new BrokenImageError(`${source.nameOf(index)}: ${read.left.message}`, { cause: read.left })
    if (!known.has(index)) onBroken?.(index, read.left)
    known.add(index)
    return false
  }
}

type Room = { readonly images: Float32Array; readonly place: (i: number) => Float32Array }

/** Room for the images of a batch, and the place of each. */
const roomFor = ({ shape, allocate = (length) => new Float32Array(length) }: ImageSource, count: number): Room => {
  const size = shape[0] * shape[1] * shape[2]
  const images = allocate(count * size)
  return { images, place: (i) => images.subarray(i * size, (i + 1) * size) }
}

const labelled = (
  { labels, shape }: ImageSource,
  images: Float32Array,
  indices: readonly number[],
): Images & { readonly labels: Int32Array } => ({
  images,
  shape: [indices.length, ...shape],
  labels: Int32Array.from(indices, (index) => labels[index]!),
})

/** The values of promises in their order, `ahead` of them begun while the caller works on one. */
async function* begunAhead<A>(begin: Iterator<() => Promise<A>>, ahead: number): AsyncGenerator<A> {
  const begun: Promise<A>[] = []
  for (;;) {
    while (begun.length <= ahead) {
      const next = begin.next()
      if (next.done === true) break
      const promise = next.value()
      // It is thrown where the value is asked for.
      promise.catch(() => undefined)
      begun.push(promise)
    }
    const first = begun.shift()
    if (first === undefined) return
    yield await first
  }
}

/**
 * Shuffled batches of images that are read when they are needed, with the order, the keys and the cursors of `batches`:
 * a pass that starts at any cursor gives exactly the batches that the unbroken pass gives from there.
 *
 * Where an image cannot be read and `broken` is `'skip'`, the one at the same place of the next batch takes its place,
 * or the next one after that in the order of the epoch that can be read (after the last one, the first): batches keep
 * their sizes, a resumed pass its batches, and a rank need not know what others could read.
 *
 * @param source the images; see `ImageSource`
 * @param options see `StreamOptions`
 * @returns batches with their `sizes`; each loop over it is a pass of its own
 * @throws RangeError if an option is unknown or wrong, or an epoch has no batch
 * @throws BrokenImageError in the loop, with the name of an image that cannot be read, or where none can
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { streamedBatches } from '@resfn/batches'
 * import { key } from '@resfn/random'
 * import { taskEither as TE } from 'fp-ts'
 *
 * const source = {
 *   labels: new Uint8Array([0, 1, 0]),
 *   classes: ['a', 'b'],
 *   shape: [1, 1, 1],
 *   nameOf: (index: number) => `image ${index}`,
 *   read: (index: number) => (index === 1 ? TE.left({ _tag: 'Damaged', message: 'it is cut short' }) : TE.right(new Float32Array([index]))),
 * } as const
 * const left: string[] = []
 * const options = { size: 3, key: key(0), epochs: 1, broken: 'skip', onBroken: (index: number) => left.push(source.nameOf(index)) } as const
 * for await (const { labels } of streamedBatches(source, options)) assert.deepEqual([...labels], [0, 0, 0])
 * assert.deepEqual(left, ['image 1'])
 * ```
 */
export const streamedBatches = (source: ImageSource, options: StreamOptions): Batches<Batch & Images> => {
  checkOptions('streamedBatches', options, {
    ...passRules,
    broken: optional(oneOf('fail', 'skip')),
    onBroken: optional(func),
    ahead: optional(wholeNumberFrom(0)),
  })
  const { ahead = 2 } = options
  const count = source.labels.length
  const { places, sizes } = passOver('streamedBatches', count, options)
  const read = readerOf(source, options)
  function* pass(): Generator<() => Promise<Batch & Images>> {
    for (const { cursor, next, indices, after, keyOf, share } of places())
      yield async () => {
        const { images, place } = roomFor(source, indices.length)
        const found = await Promise.all(Array.from(indices, (index, i) => read(index, keyOf(index), place(i))))
        const taken: number[] = []
        for (const [i, index] of indices.entries()) {
          let own = index
          let steps = 0
          for (let isThere = found[i]!; !isThere; isThere = await read(own, keyOf(own), place(i))) {
            if (steps >= count)
              throw new BrokenImageError(
                `none of the ${count} images can be read; ${source.nameOf(index)} is one of them`,
              )
            own = after(i, steps++)
          }
          taken.push(own)
        }
        return { ...labelled(source, images, taken), cursor, next, ...(share && { share }) }
      }
  }
  return { [Symbol.asyncIterator]: () => begunAhead(pass(), ahead), sizes }
}

/**
 * Every image once, in the order of the source, for evaluation; the last batch may be smaller. Images that cannot be
 * read are left out with `broken: 'skip'`, so that other batches may be smaller too.
 *
 * @param source the images; see `ImageSource`
 * @param options `size` of a batch, what is done where images cannot be read, and the `shard` of a rank, as that of
 * `batchesInOrder`
 * @throws RangeError if an option is unknown or wrong
 * @throws BrokenImageError in the loop, with the name of an image that cannot be read
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { streamedInOrder } from '@resfn/batches'
 * import { taskEither as TE } from 'fp-ts'
 *
 * const source = { labels: new Uint8Array([0, 1, 0]), classes: ['a', 'b'], shape: [1, 1, 1], nameOf: String, read: (index: number) => TE.right(new Float32Array([index])) } as const
 * const seen: number[] = []
 * for await (const { images } of streamedInOrder(source, { size: 2 })) seen.push(...images)
 * assert.deepEqual(seen, [0, 1, 2])
 * ```
 */
export const streamedInOrder = (
  source: ImageSource,
  options: BrokenOptions & { readonly size: number; readonly ahead?: number; readonly shard?: Shard },
): AsyncIterable<Batch & Images> => {
  checkOptions('streamedInOrder', options, {
    ...inOrderRules,
    broken: optional(oneOf('fail', 'skip')),
    onBroken: optional(func),
    ahead: optional(wholeNumberFrom(0)),
  })
  const { size, shard, ahead = 2 } = options
  const read = readerOf(source, options)
  function* pass(): Generator<() => Promise<Batch & Images>> {
    for (const { from, to, cursor, next } of inOrder('streamedInOrder', source.labels.length, {
      size,
      ...(shard && { shard }),
    }))
      yield async () => {
        const length = to - from
        const { images, place } = roomFor(source, length)
        const found = await Promise.all(Array.from({ length }, (_, i) => read(from + i, undefined, place(i))))
        const taken = found.flatMap((isThere, i) => (isThere ? [from + i] : []))
        // Those that are left out leave no gap.
        taken.forEach((index, i) => index > from + i && place(i).set(place(index - from)))
        const kept = images.subarray(0, (images.length / length) * taken.length)
        return { ...labelled(source, kept, taken), cursor, next }
      }
  }
  return {
    async *[Symbol.asyncIterator]() {
      for await (const batch of begunAhead(pass(), ahead)) if (batch.labels.length > 0) yield batch
    },
  }
}
