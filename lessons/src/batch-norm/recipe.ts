import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** Rates for both nets, batches for the normalised one, the keys that they are drawn from, and the training. */
export type BatchNormRecipe = TrainingRecipe & {
  /** Learning rates, rising. */
  readonly rates: readonly number[]
  /** Sizes of batches, rising; the rate of `training` is scaled with them. */
  readonly batches: readonly number[]
  /** Epochs of the runs with these batches. */
  readonly batchEpochs: number
}

/** The recipe of the textbook, with a smaller batch. */
const textbook: LessonRecipe = {
  ...paperRecipe,
  batch: 32,
  lr: 1,
  schedule: 'constant',
  momentum: 0,
  weightDecay: 0,
  flip: false,
  crop: 0,
  normalise: false,
}

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: BatchNormRecipe } = {
  quick: {
    rates: [0.01, 1, 10],
    batches: [2, 8, 256],
    batchEpochs: 3,
    keys: [0],
    images: { train: 800, test: 500, side: 0 },
    training: { ...textbook, epochs: 3 },
  },
  default: {
    rates: [0.001, 0.01, 0.1, 1, 10],
    batches: [2, 4, 8, 32, 128, 256],
    batchEpochs: 2,
    keys: [0, 1, 2],
    images: { train: 4000, test: 1000, side: 0 },
    training: { ...textbook, epochs: 6 },
  },
  full: {
    rates: [0.001, 0.01, 0.1, 0.3, 1, 3, 10],
    batches: [2, 4, 8, 16, 32, 64, 128, 256],
    batchEpochs: 10,
    keys: [0, 1, 2],
    images: { train: 0, test: 0, side: 0 },
    training: { ...textbook, batch: 256, epochs: 10 },
  },
}
