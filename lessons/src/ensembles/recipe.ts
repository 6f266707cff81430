import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** Two nets of one depth, and what is done to them once they are trained. */
export type EnsemblesRecipe = TrainingRecipe & {
  readonly depth: number
  /** How many blocks are deleted at once. */
  readonly deleted: readonly number[]
  /** How often two blocks change places. */
  readonly swaps: readonly number[]
  /** Draws of blocks for each of these numbers. */
  readonly draws: number
  /** Paths of each length whose gradient is measured. */
  readonly paths: number
}

/** Half of the paper's batch, and so half of its rate. */
const short: LessonRecipe = { ...paperRecipe, batch: 64, lr: 0.05, flip: false, crop: 0, schedule: 'cosine' }

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: EnsemblesRecipe } = {
  quick: {
    depth: 14,
    keys: [0],
    images: { train: 1000, test: 300, side: 14 },
    training: { ...short, epochs: 6 },
    deleted: [2],
    swaps: [1],
    draws: 2,
    paths: 2,
  },
  default: {
    depth: 26,
    keys: [0, 1, 2],
    images: { train: 4000, test: 500, side: 14 },
    training: { ...short, epochs: 8 },
    deleted: [2, 3, 4, 6, 8],
    swaps: [1, 2, 3, 5],
    draws: 3,
    paths: 4,
  },
  full: {
    depth: 110,
    keys: [0, 1, 2],
    images: { train: 0, test: 0, side: 0 },
    training: paperRecipe,
    deleted: [2, 4, 6, 8, 10, 12, 14, 16, 18, 20],
    swaps: [1, 2, 4, 8, 16, 24],
    draws: 5,
    paths: 16,
  },
}
