import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** The shares of labels that are wrong, and the nets that learn from them. */
export type NoisyLabelsRecipe = TrainingRecipe & {
  /** Shares of the training labels, from 0 to 1, that are exchanged for another class. */
  readonly noise: readonly number[]
  /** Channels of the three stages are four times as many. */
  readonly widths: readonly [number, number, number]
  /** Attention modules of a stage; without masks, four units each. */
  readonly modules: number
}

/** Half of the paper's batch, and so half of its rate. */
const short: LessonRecipe = {
  ...paperRecipe,
  batch: 64,
  lr: 0.05,
  nesterov: true,
  flip: false,
  crop: 0,
  schedule: 'cosine',
}

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: NoisyLabelsRecipe } = {
  quick: {
    noise: [0.1, 0.5],
    widths: [4, 8, 16],
    modules: 1,
    keys: [0],
    images: { train: 1000, test: 500, side: 14 },
    training: { ...short, epochs: 4 },
  },
  default: {
    noise: [0.1, 0.3, 0.5, 0.7],
    widths: [8, 16, 32],
    modules: 1,
    keys: [0, 1, 2],
    images: { train: 2000, test: 1000, side: 14 },
    training: { ...short, epochs: 6 },
  },
  full: {
    noise: [0.1, 0.3, 0.5, 0.7],
    widths: [16, 32, 64],
    modules: 2,
    keys: [0, 1, 2],
    images: { train: 0, test: 0, side: 0 },
    training: { ...paperRecipe, nesterov: true, batch: 64 },
  },
}
