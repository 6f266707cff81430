import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** Nets that are trained, and the slice through the loss around what they came to. */
export type SurfaceRecipe = TrainingRecipe & {
  readonly depth: number
  readonly slice: {
    /** So many of the training images, the first of each class. */
    readonly images: number
    /** The slice reaches so far from the net; 1 is as far as the weights are long. */
    readonly radius: number
    /** Odd, so that the net itself is one of them. */
    readonly points: number
    /** A line in each of the directions, or the plane of both. */
    readonly shape: 'lines' | 'plane'
  }
}

/** Half of the paper's batch, and so half of its rate. */
const short: LessonRecipe = { ...paperRecipe, batch: 64, lr: 0.05, flip: false, crop: 0, schedule: 'cosine' }

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: SurfaceRecipe } = {
  quick: {
    depth: 32,
    keys: [0],
    images: { train: 480, test: 200, side: 14 },
    training: { ...short, epochs: 4 },
    slice: { images: 100, radius: 1, points: 9, shape: 'lines' },
  },
  default: {
    depth: 32,
    keys: [0, 1, 2],
    images: { train: 2000, test: 500, side: 14 },
    training: { ...short, epochs: 5 },
    slice: { images: 100, radius: 1, points: 15, shape: 'plane' },
  },
  full: {
    depth: 56,
    keys: [0, 1, 2],
    images: { train: 0, test: 0, side: 0 },
    training: { ...paperRecipe, epochs: 300, lr: 0.01, nesterov: true, weightDecay: 5e-4 },
    slice: { images: 0, radius: 1, points: 51, shape: 'plane' },
  },
}
