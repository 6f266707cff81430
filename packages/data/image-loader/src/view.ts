import { augment, type Augmentation } from '@resfn/augment'
import { decodeImage } from '@resfn/decode-image'
import { type Pixels, preprocess, type Preprocessing, standardise } from '@resfn/preprocessing'
import { fold, type Key } from '@resfn/random'
import { randomErasing, type RandomErasingOptions } from '@resfn/transforms'
import { either as E, type taskEither as TE } from 'fp-ts'

/** What a net sees of a picture, as plain data. */
export type View = {
  readonly preprocessing: Preprocessing
  /** What is done at random in training, to the bytes and then to the normalised numbers. */
  readonly augmentation?: Augmentation
  readonly erasing?: RandomErasingOptions
}

/**
 * A picture as a net takes it: with a key as in training, without one as in evaluation.
 *
 * @param pixels a picture of any size
 * @param view see `View`
 * @param key decides all chance
 * @param into where the numbers are written, such as a part of a batch; by default a new array
 * @returns `[height, width, channels]`, channels last
 * @throws RangeError if the view has a wrong option
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { viewPixels } from '@resfn/image-loader'
 *
 * const preprocessing = { size: [2, 2], channels: 1, mean: [0.5], std: [0.5], interpolation: 'bilinear', cropFraction: 1, cropMode: 'squash' } as const
 * const white = { data: new Uint8Array(12).fill(255), width: 4, height: 3, channels: 1 } as const
 * assert.deepEqual([...viewPixels(white, { preprocessing })], [1, 1, 1, 1])
 * ```
 */
export const viewPixels = (
  pixels: Pixels,
  { preprocessing, augmentation = {}, erasing }: View,
  key?: Key,
  into?: Float32Array,
): Float32Array => {
  if (key === undefined) return preprocess(pixels, preprocessing, into)
  const augmented = augment(pixels, preprocessing, augmentation, fold(key, 'augment'))
  const seen = standardise(augmented, preprocessing, into)
  if (erasing === undefined) return seen
  const { size, channels } = preprocessing
  const { images } = randomErasing(erasing)({ images: seen, shape: [1, ...size, channels] }, [fold(key, 'erase')])
  if (into === undefined) return images
  into.set(images)
  return into
}

/** Why a picture cannot be read. */
export type ReadError = { readonly _tag: string; readonly message: string }

/** A picture to be read: its file, and what a net sees of it. */
export type Task = {
  readonly path: string
  readonly view: View
  readonly key?: Key | undefined
  /** Where the numbers are written; by default a new array. */
  readonly into?: Float32Array | undefined
}

/** The bytes of a file; the message is about the file, whose name others say. */
export type ReadBytes = (path: string) => TE.TaskEither<ReadError, Uint8Array>

/** Reads, decodes and prepares a picture. */
export const readView =
  (readBytes: ReadBytes) =>
  ({ path, view, key, into }: Task): TE.TaskEither<ReadError, Float32Array> =>
  async () => {
    const bytes = await readBytes(path)()
    if (E.isLeft(bytes)) return bytes
    const pixels = await decodeImage(bytes.right)()
    return E.isLeft(pixels) ? pixels : E.right(viewPixels(pixels.right, view, key, into))
  }
