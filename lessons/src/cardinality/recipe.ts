import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** Nets of about as many weights, by the number of their paths, and how they are trained. */
export type CardinalityRecipe = TrainingRecipe & {
  /** 9n + 2 layers. */
  readonly depth: number
  /** Channels between the blocks; one path is a quarter of them wide. */
  readonly channels: number
  /** Numbers of paths, rising from 1. */
  readonly cardinalities: readonly number[]
}

const short: LessonRecipe = { ...paperRecipe, batch: 64, lr: 0.05, flip: false, crop: 0, schedule: 'cosine' }

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: CardinalityRecipe } = {
  quick: {
    depth: 11,
    channels: 128,
    cardinalities: [1, 8],
    keys: [0],
    images: { train: 400, test: 200, side: 14 },
    training: { ...short, epochs: 2 },
  },
  default: {
    depth: 11,
    channels: 128,
    cardinalities: [1, 2, 4, 8, 32],
    keys: [0, 1, 2],
    images: { train: 1000, test: 1000, side: 14 },
    training: { ...short, epochs: 4 },
  },
  full: {
    depth: 29,
    channels: 256,
    cardinalities: [1, 2, 4, 8, 32],
    keys: [0, 1, 2],
    images: { train: 0, test: 0, side: 0 },
    training: { ...paperRecipe, epochs: 300, weightDecay: 5e-4 },
  },
}
