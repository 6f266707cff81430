import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** The depths of the nets, the keys that they are drawn from, and how they are trained. */
export type DegradationRecipe = TrainingRecipe & {
  readonly depths: readonly number[]
}

/** Half of the paper's batch, and so half of its rate. */
const short: LessonRecipe = { ...paperRecipe, batch: 64, lr: 0.05, flip: false, crop: 0, schedule: 'constant' }

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: DegradationRecipe } = {
  quick: {
    depths: [8, 32],
    keys: [0],
    images: { train: 1000, test: 500, side: 14 },
    training: { ...short, epochs: 3 },
  },
  default: {
    depths: [8, 20, 44, 56],
    keys: [0, 1, 2],
    images: { train: 4000, test: 1000, side: 14 },
    training: { ...short, epochs: 5 },
  },
  full: {
    depths: [20, 32, 44, 56, 110],
    keys: [0, 1, 2],
    images: { train: 0, test: 0, side: 0 },
    training: paperRecipe,
  },
}
