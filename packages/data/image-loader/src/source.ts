import type { BrokenImage, ImageSet, ImageSource, Labels } from '@resfn/batches'
import { taskEither as TE } from 'fp-ts'
import type { Readers } from './readers.ts'
import { type View, viewPixels } from './view.ts'

/** Labelled image files, such as a part of what `@resfn/image-folder` lists. */
export type LabelledFiles = {
  readonly paths: readonly string[]
  readonly labels: Labels
  readonly classes: readonly string[]
}

const shared = (length: number): Float32Array =>
  new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT))

/**
 * Image files as a source of `streamedBatches`: each is read when it is asked for. Threads write the numbers straight
 * into a batch in shared memory.
 *
 * @param readers see `startReaders`
 * @param files paths and labels
 * @param view what a net sees of a picture
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fileSource, startReaders } from '@resfn/image-loader'
 *
 * const preprocessing = { size: [8, 8], channels: 3, mean: [0, 0, 0], std: [1, 1, 1], interpolation: 'bicubic', cropFraction: 1, cropMode: 'center' } as const
 * const source = fileSource(startReaders(0), { paths: ['a.jpg', 'b.jpg'], labels: new Uint8Array([0, 1]), classes: ['cat', 'dog'] }, { preprocessing })
 * assert.deepEqual([source.shape, source.nameOf(1)], [[8, 8, 3], 'b.jpg'])
 * ```
 */
export const fileSource = (readers: Readers, { paths, labels, classes }: LabelledFiles, view: View): ImageSource => ({
  labels,
  classes,
  shape: [...view.preprocessing.size, view.preprocessing.channels],
  nameOf: (index) => paths[index]!,
  read: (index, key, into) => readers.read({ path: paths[index]!, view, key, into }),
  ...(readers.threads > 0 ? { allocate: shared } : {}),
})

/**
 * Images in memory as a source of `streamedBatches`, for what is done to pictures one by one: RandAugment on CIFAR, or
 * a net that takes them larger.
 *
 * @param set images of bytes with 1 or 3 channels
 * @param view what a net sees of an image
 * @throws RangeError if the images have another number of channels
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { setSource } from '@resfn/image-loader'
 *
 * const set = { images: new Uint8Array(12), labels: new Uint8Array([0]), shape: [2, 2, 3], classes: ['a', 'b'] } as const
 * const preprocessing = { size: [8, 8], channels: 3, mean: [0, 0, 0], std: [1, 1, 1], interpolation: 'bicubic', cropFraction: 1, cropMode: 'center' } as const
 * const found = await setSource(set, { preprocessing }).read(0)()
 * assert.ok(found._tag === 'Right' && found.right.length === 8 * 8 * 3)
 * ```
 */
export const setSource = ({ images, labels, classes, shape }: ImageSet, view: View): ImageSource => {
  const [height, width, channels] = shape
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`setSource: pictures have 1 or 3 channels, not ${channels}`)
  const size = height * width * channels
  return {
    labels,
    classes,
    shape: [...view.preprocessing.size, view.preprocessing.channels],
    nameOf: (index) => `image ${index}`,
    read: (index, key, into): TE.TaskEither<BrokenImage, Float32Array> =>
      TE.fromIO(() => {
        const data = images.subarray(index * size, (index + 1) * size)
        return viewPixels({ data, height, width, channels }, view, key, into)
      }),
  }
}
