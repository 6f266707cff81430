import { batchesPerEpoch, type ImageSet } from '@resfn/batches'
import {
  compose,
  type Images,
  normalise,
  randomCrop,
  randomHorizontalFlip,
  resize,
  type Transform,
} from '@resfn/transforms'
import { fashionMnistMoments } from '@resfn/fashion-mnist'
import { adam, exceptVectors, type Optimiser, sgd, weightDecay } from '@resfn/optimisers'
import { constantRate, cosine, milestones, oneCycle, type Schedule } from '@resfn/schedules'
import type { Settings } from './settings.ts'

/** What is done to images before the net sees them: in evaluation and, after augmentation, in training. */
export type Preprocessing = Pick<Settings, 'resize' | 'normalise'>

/** The part of the transform that has no chance in it. */
export const preprocess = ({ resize: side, normalise: shift }: Preprocessing): ((images: Images) => Images) =>
  compose(
    ...(side > 0 ? [resize({ height: side, width: side })] : []),
    ...(shift ? [normalise(fashionMnistMoments)] : []),
  )

/** Augmentation, then preprocessing. */
export const augment = (settings: Pick<Settings, 'flip' | 'crop'> & Preprocessing): Transform =>
  compose(
    ...(settings.flip ? [randomHorizontalFlip()] : []),
    ...(settings.crop > 0 ? [randomCrop({ padding: settings.crop })] : []),
    preprocess(settings),
  )

/** The optimiser, with weight decay on all but vectors. */
export const optimiserOf = ({ optimiser, momentum, nesterov, weightDecay: decay }: Settings): Optimiser => {
  const plain = optimiser === 'adam' ? adam() : sgd({ momentum, nesterov })
  return decay > 0 ? weightDecay({ decay, mask: exceptVectors })(plain) : plain
}

/** The schedule over all steps of a run on so many images. */
export const scheduleOf = (
  { schedule, lr, epochs, batch }: Settings,
  { labels }: Pick<ImageSet, 'labels'>,
): Schedule => {
  const steps = Math.max(1, epochs * batchesPerEpoch(labels.length, { size: batch }))
  switch (schedule) {
    case 'constant':
      return constantRate(lr)
    case 'cosine':
      return cosine({ rate: lr, steps })
    case 'milestones':
      return milestones({ rate: lr, at: [Math.floor(steps / 2), Math.floor((3 * steps) / 4)] })
    case 'one-cycle':
      return oneCycle({ max: lr, steps, rises: 0.25 })
  }
}

/** The recipe in words, for people. */
export const describe = (settings: Settings): string =>
  [
    settings.optimiser === 'adam'
      ? 'Adam'
      : settings.momentum > 0
        ? `SGD, ${settings.nesterov ? 'Nesterov ' : ''}momentum ${settings.momentum}`
        : 'SGD',
    `${settings.schedule} rate ${settings.lr}`,
    `batches of ${settings.batch}`,
    ...(settings.weightDecay > 0 ? [`weight decay ${settings.weightDecay}`] : []),
    ...(settings.smoothing > 0 ? [`label smoothing ${settings.smoothing}`] : []),
    ...(settings.flip ? ['flips'] : []),
    ...(settings.crop > 0 ? [`crops from ${settings.crop} pixels of padding`] : []),
    ...(settings.resize > 0 ? [`images of ${settings.resize} x ${settings.resize}`] : []),
  ].join(', ')
