import { readFile } from 'node:fs/promises'
import {
  type Batches,
  batches,
  type Cursor,
  type Examples,
  type ImageSet,
  type ImageSource,
  mixed,
  select,
  type Shard,
  streamedBatches,
  streamedInOrder,
} from '@resfn/batches'
import { decodeImage } from '@resfn/decode-image'
import type { ImageFiles } from '@resfn/image-folder'
import { fileSource, setSource, startReaders } from '@resfn/image-loader'
import { fitPixels, type Preprocessing } from '@resfn/preprocessing'
import { fold, key } from '@resfn/random'
import { augmentation, pictureAugmentation, preprocessing } from '@resfn/recipe'
import { type Images, normalise, outputShape, toFloat } from '@resfn/transforms'
import { type Context, say } from '../context/context.ts'
import { type DataPart, isFiles } from '../data/data-part.ts'
import type { LoadedData } from '../data/load-data.ts'
import { CliError } from '../error.ts'
import { evaluationBatch, passOver } from './evaluation.ts'
import { gatheredTexts, shardOf } from './ranks.ts'
import type { Settings } from './settings.ts'

/** A photo that cannot be read. */
export type LeftOut = { readonly path: string; readonly reason: string }

/** How a net reads the test images, and which. */
export type TestReading = {
  /** A new pass over them, or over the part of a rank. */
  readonly evaluation: (shard?: Shard) => AsyncIterable<Examples>
  /** Of those that could be read, the index of each in the part; complete after a pass. */
  readonly readable: () => readonly number[]
  /** Some of them as bytes, to be shown. */
  readonly samples: (indices: readonly number[]) => Promise<ImageSet>
  /** Those bytes as the net takes them. */
  readonly prepare: (samples: ImageSet) => Images
  /** The photos that could not be read until now. */
  readonly leftOut: () => readonly LeftOut[]
  /** Tells all ranks which photos the others could not read; all do it at once. */
  readonly share: () => Promise<void>
}

/** How a run reads its images. */
export type Reading = TestReading & { readonly batches: (start: Cursor) => Batches }

/** Notes photos that cannot be read, and tells people of each once. */
const noting = (
  context: Context,
): { readonly note: (path: string, reason: string) => void; readonly all: () => readonly LeftOut[] } => {
  const found = new Map<string, string>()
  return {
    note: (path, reason) => {
      if (found.has(path)) return
      found.set(path, reason)
      context.live?.clear()
      say(context, `left out: ${path} ${reason}`)
    },
    all: () => [...found].map(([path, reason]) => ({ path, reason })),
  }
}

/** Photos as bytes of one size. */
export const pictures = async (
  { paths, labels, classes }: ImageFiles,
  indices: readonly number[],
  view: Preprocessing,
): Promise<ImageSet> => {
  const [height, width] = view.size
  const size = height * width * view.channels
  const images = new Uint8Array(indices.length * size)
  for (const [i, index] of indices.entries()) {
    const decoded = await decodeImage(new Uint8Array(await readFile(paths[index]!)))()
    if (decoded._tag === 'Left') throw new CliError(decoded.left._tag, `${paths[index]} ${decoded.left.message}`)
    images.set(fitPixels(decoded.right, view).data, i * size)
  }
  return {
    images,
    labels: Int32Array.from(indices, (index) => labels[index]!),
    shape: [height, width, view.channels],
    classes,
  }
}

type Sources = { readonly train: ImageSource; readonly test: ImageSource; readonly preprocessing: Preprocessing }

const photoSources = (
  context: Context,
  settings: Settings,
  { train, test }: { readonly train: ImageFiles; readonly test: ImageFiles },
  view: Preprocessing,
): Sources => {
  const readers = startReaders(settings.workers > 0 ? settings.workers : context.cores)
  const erasing = settings.erasing > 0 ? { erasing: { probability: settings.erasing } } : {}
  return {
    train: fileSource(readers, train, { preprocessing: view, augmentation: pictureAugmentation(settings), ...erasing }),
    test: fileSource(readers, test, { preprocessing: view }),
    preprocessing: view,
  }
}

/** What a rank tells the others of photos that it could not read. */
type Told = { readonly lost: readonly number[]; readonly all: readonly LeftOut[] }

/** The test photos of a run or a checkpoint. */
const photoTest = (
  context: Context,
  { test, preprocessing: view }: Pick<Sources, 'test' | 'preprocessing'>,
  files: ImageFiles,
  strict: boolean,
  broken: ReturnType<typeof noting>,
): TestReading => {
  const lost = new Set<number>()
  return {
    evaluation: (shard) =>
      streamedInOrder(test, {
        size: evaluationBatch(test.shape),
        ...(shard && { shard }),
        broken: strict ? 'fail' : 'skip',
        onBroken: (index, { message }) => {
          lost.add(index)
          broken.note(files.paths[index]!, message)
        },
      }),
    readable: () => files.paths.flatMap((_, index) => (lost.has(index) ? [] : [index])),
    samples: (indices) => pictures(files, indices, view),
    prepare: ({ images, labels, shape: [height = 0, width = 0, channels = 0] }) =>
      normalise({ mean: view.mean, std: view.std })(toFloat(images, [labels.length, height, width, channels])),
    leftOut: broken.all,
    share: async () => {
      const own: Told = { lost: [...lost], all: broken.all() }
      for (const text of await gatheredTexts(context, JSON.stringify(own))) {
        const told = JSON.parse(text) as Told
        told.lost.forEach((index) => lost.add(index))
        told.all.forEach(({ path, reason }) => broken.note(path, reason))
      }
    },
  }
}

/** The test images of a set in memory. */
const setTest = (test: ImageSet, transform: (images: Images) => Images): TestReading => ({
  evaluation: (shard) => passOver(test, transform, shard),
  readable: () => Array.from(test.labels, (_, index) => index),
  samples: async (indices) => select(test, indices),
  prepare: ({ images, labels, shape: [height = 0, width = 0, channels = 0] }) =>
    transform(toFloat(images, [labels.length, height, width, channels])),
  leftOut: () => [],
  share: async () => {},
})

/** The test images as a net sees them. */
export const testReading = (
  context: Context,
  test: DataPart,
  /** What it sees of pictures, or what is done to images in memory. */
  seen: Preprocessing | ((images: Images) => Images),
): TestReading => {
  if (typeof seen === 'function') {
    if (isFiles(test)) throw new Error('photos need a preprocessing')
    return setTest(test, seen)
  }
  if (isFiles(test)) {
    const source = fileSource(startReaders(context.cores), test, { preprocessing: seen })
    return photoTest(context, { test: source, preprocessing: seen }, test, false, noting(context))
  }
  const source = setSource(test, { preprocessing: seen })
  return {
    ...setTest(test, (images) => images),
    evaluation: () => streamedInOrder(source, { size: evaluationBatch(source.shape) }),
  }
}

/** Images in memory as pictures of the size that the net takes, for what is done to pictures one by one. */
const asPictures = (settings: Settings, set: ImageSet, moments: LoadedData['source']['moments']): ImageSource => {
  const [height, width, channels] = outputShape(preprocessing(settings, moments), set.shape)
  const { mean, std } = settings.normalise
    ? moments
    : { mean: moments.mean.map(() => 0), std: moments.std.map(() => 1) }
  const view: Preprocessing = {
    size: [height, width],
    channels: channels === 1 ? 1 : 3,
    mean,
    std,
    interpolation: 'bilinear',
    cropFraction: 1,
    cropMode: 'squash',
  }
  return setSource(set, {
    preprocessing: view,
    augmentation: pictureAugmentation(settings),
    ...(settings.erasing > 0 && { erasing: { probability: settings.erasing } }),
  })
}

/** Whether images are changed as pictures are, one by one. */
export const wantsPictures = ({ scale, randAugment, colourJitter }: Settings): boolean =>
  scale > 0 || randAugment !== '' || colourJitter > 0

const mixedAs = (settings: Settings, classes: number, plain: Batches): Batches => {
  const { mixup, cutmix, seed } = settings
  if (mixup === 0 && cutmix === 0) return plain
  const alphas = { ...(mixup > 0 && { mixup }), ...(cutmix > 0 && { cutmix }) }
  return mixed(plain, { classes, key: fold(key(seed), 'mix'), ...alphas })
}

/**
 * How a run reads the images that it trains on and those that it is tested on.
 *
 * @param view what the net sees of photos
 */
export const readingOf = (
  context: Context,
  settings: Settings,
  {
    train,
    data,
    view,
  }: { readonly train: DataPart; readonly data: LoadedData; readonly view: Preprocessing | undefined },
): Reading => {
  const shard = shardOf(context)
  const options = { size: settings.batch, key: fold(key(settings.seed), 'data'), ...(shard && { shard }) }
  const classes = train.classes.length
  const { moments } = data.source
  if (isFiles(train) && isFiles(data.test) && view !== undefined) {
    const { test } = data
    const sources = photoSources(context, settings, { train, test }, view)
    const broken = noting(context)
    return {
      ...photoTest(context, sources, test, settings.strict, broken),
      batches: (start) =>
        mixedAs(
          settings,
          classes,
          streamedBatches(sources.train, {
            ...options,
            start,
            broken: settings.strict ? 'fail' : 'skip',
            onBroken: (index, { message }) => broken.note(train.paths[index]!, message),
          }),
        ),
    }
  }
  if (isFiles(train) || isFiles(data.test)) throw new Error('photos need a preprocessing')
  const transform = augmentation(settings, moments)
  const source = wantsPictures(settings) ? asPictures(settings, train, moments) : undefined
  return {
    ...setTest(data.test, preprocessing(settings, moments)),
    batches: (start) =>
      mixedAs(
        settings,
        classes,
        source === undefined
          ? batches(train, { ...options, transform, start })
          : streamedBatches(source, { ...options, start }),
      ),
  }
}
