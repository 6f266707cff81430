import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** One net from one start, by how its learning rate goes on; the rate is the highest of each schedule. */
export type LearningRatesRecipe = TrainingRecipe & {
  /** 6n + 2 layers. */
  readonly depth: number
}

const short: LessonRecipe = { ...paperRecipe, batch: 32, lr: 0.2, flip: false, crop: 0 }

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: LearningRatesRecipe } = {
  quick: {
    depth: 8,
    keys: [0],
    images: { train: 600, test: 300, side: 14 },
    training: { ...short, epochs: 4 },
  },
  default: {
    depth: 8,
    keys: [0, 1, 2],
    images: { train: 2000, test: 1000, side: 14 },
    training: { ...short, epochs: 6 },
  },
  full: {
    depth: 20,
    keys: [0, 1, 2],
    images: { train: 0, test: 0, side: 0 },
    training: paperRecipe,
  },
}
