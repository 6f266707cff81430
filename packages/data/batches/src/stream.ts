import { checkOptions, func, oneOf, optional, wholeNumberFrom } from '@resfn/options'
import type { Key } from '@resfn/random'
import type { Images, ImageShape } from '@resfn/transforms'
import type { either as E, taskEither as TE } from 'fp-ts'
import type { Batch, Batches } from './batch.ts'
import type { Labels } from './image-set.ts'
import { batchesPerEpoch, passOver, type PassOptions, passRules } from './pass.ts'

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
  /** An image as a net takes it. The key decides what chance there is; without one there is none, as in evaluation. */
  readonly read: (index: number, key?: Key) => TE.TaskEither<BrokenImage, Float32Array>
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

type Reader = (index: number, key?: Key) => Promise<Float32Array | undefined>

/** Reads images of a source; gives nothing for one that is left out. */
const readerOf = (source: ImageSource, { broken = 'fail', onBroken }: BrokenOptions): Reader => {
  const known = new Set<number>()
  return async (index, key) => {
    if (known.has(index)) return undefined
    const read: E.Either<BrokenImage, Float32Array> = await source.read(index, key)()
    if (read._tag === 'Right') return read.right
    if (broken === 'fail')
      throw new BrokenImageError(`${source.nameOf(index)}: ${read.left.message}`, { cause: read.left })
    if (!known.has(index)) onBroken?.(index, read.left)
    known.add(index)
    return undefined
  }
}

type Read = { readonly index: number; readonly pixels: Float32Array }

const together = (
  { labels, shape }: ImageSource,
  images: readonly Read[],
): Images & { readonly labels: Int32Array } => {
  const size = shape[0] * shape[1] * shape[2]
  const data = new Float32Array(images.length * size)
  images.forEach(({ pixels }, i) => data.set(pixels, i * size))
  return {
    images: data,
    shape: [images.length, ...shape],
    labels: Int32Array.from(images, ({ index }) => labels[index]!),
  }
}

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
 * Where an image cannot be read and `broken` is `'skip'`, the next one in the order of the epoch that can be takes its
 * place (after the last one, the first), so that batches keep their sizes, and a resumed pass its batches.
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
    for (const { cursor, next, indices, after, keyOf } of places())
      yield async () => {
        const found = await Promise.all(
          Array.from(indices, async (index) => ({ index, pixels: await read(index, keyOf(index)) })),
        )
        const images: Read[] = []
        let steps = 0
        for (const { index, pixels } of found) {
          let [own, data] = [index, pixels]
          while (data === undefined) {
            if (steps >= count)
              throw new BrokenImageError(
                `none of the ${count} images can be read; ${source.nameOf(index)} is one of them`,
              )
            own = after(steps++)
            data = await read(own, keyOf(own))
          }
          images.push({ index: own, pixels: data })
        }
        return { ...together(source, images), cursor, next }
      }
  }
  return { [Symbol.asyncIterator]: () => begunAhead(pass(), ahead), sizes }
}

/**
 * Every image once, in the order of the source, for evaluation; the last batch may be smaller. Images that cannot be
 * read are left out with `broken: 'skip'`, so that other batches may be smaller too.
 *
 * @param source the images; see `ImageSource`
 * @param options `size` of a batch, and what is done where images cannot be read
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
  options: BrokenOptions & { readonly size: number; readonly ahead?: number },
): AsyncIterable<Batch & Images> => {
  checkOptions('streamedInOrder', options, {
    size: wholeNumberFrom(1),
    broken: optional(oneOf('fail', 'skip')),
    onBroken: optional(func),
    ahead: optional(wholeNumberFrom(0)),
  })
  const { size, ahead = 2 } = options
  const count = source.labels.length
  const perEpoch = batchesPerEpoch(count, { size })
  const read = readerOf(source, options)
  function* pass(): Generator<() => Promise<Batch & Images>> {
    for (let batch = 0; batch < perEpoch; batch++) {
      const from = batch * size
      const next = batch + 1 < perEpoch ? { epoch: 0, batch: batch + 1 } : { epoch: 1, batch: 0 }
      yield async () => {
        const found = await Promise.all(
          Array.from({ length: Math.min(size, count - from) }, async (_, i) => ({
            index: from + i,
            pixels: await read(from + i),
          })),
        )
        const images = found.filter((each): each is Read => each.pixels !== undefined)
        return { ...together(source, images), cursor: { epoch: 0, batch }, next }
      }
    }
  }
  return {
    async *[Symbol.asyncIterator]() {
      for await (const batch of begunAhead(pass(), ahead)) if (batch.labels.length > 0) yield batch
    },
  }
}
