import type { Extras, Recipe } from './recipe.ts'

/** A recipe with a description. `data` is set where the recipe is for that data alone. */
export type Preset = { readonly description: string; readonly recipe: Recipe; readonly data?: string }

/** What a recipe that does not name a field has in its place. */
export const noExtras: Extras = {
  loss: 'cross-entropy',
  balance: false,
  scale: 0,
  randAugment: '',
  colourJitter: 0,
  erasing: 0,
  mixup: 0,
  cutmix: 0,
  microBatch: 0,
  patience: 0,
  freeze: '',
  rates: '',
  ema: 0,
  distillation: 0.5,
  temperature: 4,
}

const modern: Recipe = {
  ...noExtras,
  net: 'cifar-resnet20',
  epochs: 10,
  batch: 128,
  optimiser: 'sgd',
  lr: 0.3,
  schedule: 'one-cycle',
  momentum: 0.9,
  nesterov: true,
  weightDecay: 5e-4,
  smoothing: 0.05,
  resize: 0,
  flip: true,
  crop: 2,
  normalise: true,
}

/**
 * The recipes of "Dive into deep learning": no momentum, no weight decay, a constant rate, images from 0 to 1 as they
 * are.
 */
const textbook: Recipe = {
  ...noExtras,
  net: 'd2l-resnet18',
  epochs: 10,
  batch: 256,
  optimiser: 'sgd',
  lr: 0.05,
  schedule: 'constant',
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
  smoothing: 0,
  resize: 96,
  flip: false,
  crop: 0,
  normalise: false,
}

/** @see He et al. 2015, section 4.2: 64,000 steps of 128 images are 136 epochs of 60,000. */
const he = (depth: number): Preset => ({
  description: `ResNet-${depth} as in the paper: SGD with momentum, rate 0.1 divided by 10 after half and three quarters, 136 epochs`,
  recipe: {
    ...noExtras,
    net: `cifar-resnet${depth}`,
    epochs: 136,
    batch: 128,
    optimiser: 'sgd',
    lr: 0.1,
    schedule: 'milestones',
    momentum: 0.9,
    nesterov: false,
    weightDecay: 1e-4,
    smoothing: 0,
    resize: 0,
    flip: true,
    crop: 4,
    normalise: true,
  },
})

/**
 * The presets by name: a recipe each, as plain data. This module imports nothing, so that a list of them costs nothing.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { presets } from '@resfn/recipe/presets'
 *
 * assert.equal(presets['cifar-resnet20']?.recipe.lr, 0.1)
 * ```
 */
export const presets: { readonly [name: string]: Preset } = {
  default: {
    description: 'ResNet-20 on all images that are found, for accuracy: one cycle of 10 epochs',
    recipe: modern,
  },
  quick: {
    description: 'ResNet-8 on the 10,000 images that come with resfn: a few minutes on a laptop',
    recipe: { ...modern, net: 'cifar-resnet8', epochs: 6, batch: 64, lr: 0.2 },
    data: 'subset',
  },
  photos: {
    description:
      'A folder of your own photos, with the weights of --from: AdamW, 10 epochs, random crops of half the area or more, flips',
    recipe: {
      ...modern,
      net: 'resnet18',
      batch: 16,
      optimiser: 'adamw',
      lr: 2e-3,
      schedule: 'cosine',
      momentum: 0,
      nesterov: false,
      weightDecay: 0.01,
      smoothing: 0.1,
      crop: 0,
      scale: 0.5,
    },
  },
  'lenet-bn': {
    description: 'LeNet with batch normalisation as in "Dive into deep learning": rate 1, 10 epochs',
    recipe: { ...textbook, net: 'lenet-bn', lr: 1, resize: 0 },
  },
  'd2l-resnet18': {
    description: 'ResNet-18 as in "Dive into deep learning": 96 x 96 images, rate 0.05, 10 epochs',
    recipe: textbook,
  },
  'd2l-resnet18-adam': {
    description:
      'ResNet-18 of "Dive into deep learning" with Adam: rate 0.001, batches of 16, 5 epochs, images as they are',
    recipe: { ...textbook, epochs: 5, batch: 16, optimiser: 'adam', lr: 1e-3, resize: 0 },
  },
  ...Object.fromEntries([20, 32, 44, 56, 110].map((depth) => [`cifar-resnet${depth}`, he(depth)])),
}
