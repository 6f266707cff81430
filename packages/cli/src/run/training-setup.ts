import { batches, batchesPerEpoch, firstOfEachClass, type ImageSet, select } from '@resfn/batches'
import { type Layer, type Shape, summary } from '@resfn/layer'
import type { Training } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import type { Optimiser } from '@resfn/optimisers'
import { fold, key } from '@resfn/random'
import { augmentation, optimiserOf, preprocessing, scheduleOf } from '@resfn/recipe'
import { type Images, outputShape } from '@resfn/transforms'
import type { LoadedData } from '../data/load-data.ts'
import { passOver } from './evaluation.ts'
import type { Settings } from './settings.ts'

/** Everything that a run is trained with. Nothing in it depends on how far the run is. */
export type TrainingSetup = {
  readonly settings: Settings
  readonly net: Layer<unknown, unknown>
  readonly input: Shape
  readonly data: LoadedData
  /** The training images that are used. */
  readonly set: ImageSet
  /** Batches in an epoch. */
  readonly batches: number
  readonly optimiser: Optimiser
  /** What evaluation does to images before the net sees them. */
  readonly preprocess: (images: Images) => Images
  readonly size: { readonly params: number; readonly macs: number }
}

/** At most so many images, as many of each class; all if 0. */
const limited = (set: ImageSet, images: number): ImageSet =>
  images === 0 || images >= set.labels.length
    ? set
    : select(set, firstOfEachClass(set, Math.max(1, Math.floor(images / set.classes.length))))

/** Puts settings, net and data together; throws where they do not fit. */
export const setupOf = (settings: Settings, net: Layer<unknown, unknown>, data: LoadedData): TrainingSetup => {
  const set = limited(data.train, settings.images)
  const preprocess = preprocessing(settings, data.source.moments)
  const input = outputShape(preprocess, set.shape)
  const { params, macs } = summary(net, input)
  return {
    settings,
    net,
    input,
    data,
    set,
    batches: batchesPerEpoch(set.labels.length, { size: settings.batch }),
    optimiser: optimiserOf(settings),
    preprocess,
    size: { params, macs },
  }
}

/** The setup as the training loop takes it. */
export const trainingOf = (
  { settings, net, data, set, optimiser, preprocess }: TrainingSetup,
  signal: AbortSignal,
): Training<unknown, unknown> => ({
  net,
  optimiser,
  loss: crossEntropy({ smoothing: settings.smoothing }),
  schedule: scheduleOf(settings, { examples: set.labels.length }),
  batches: (start) =>
    batches(set, {
      size: settings.batch,
      key: fold(key(settings.seed), 'data'),
      transform: augmentation(settings, data.source.moments),
      start,
    }),
  epochs: settings.epochs,
  evaluation: () => passOver(data.test, preprocess),
  checkpointSteps: settings.saveSteps,
  signal,
})
