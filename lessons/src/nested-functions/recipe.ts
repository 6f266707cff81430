import type { ImageChoice } from '../images.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** A net that is trained, made deeper, and trained on. */
export type NestedRecipe = {
  readonly depth: number
  readonly keys: readonly number[]
  /** The stages that get a further block at their end. */
  readonly stages: readonly string[]
  readonly images: ImageChoice
  readonly before: LessonRecipe
  readonly after: LessonRecipe
}

const stages = ['layer1', 'layer2', 'layer3']

/** Half of the paper's batch, and so half of its rate; a fifth of that once the net is deeper. */
const short: LessonRecipe = { ...paperRecipe, batch: 64, lr: 0.05, flip: false, crop: 0, schedule: 'constant' }

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: NestedRecipe } = {
  quick: {
    depth: 14,
    keys: [0],
    stages,
    images: { train: 480, test: 200, side: 14 },
    before: { ...short, epochs: 3 },
    after: { ...short, lr: 0.01, epochs: 2 },
  },
  default: {
    depth: 14,
    keys: [0, 1, 2],
    stages,
    images: { train: 3000, test: 1000, side: 14 },
    before: { ...short, epochs: 5 },
    after: { ...short, lr: 0.01, epochs: 4 },
  },
  full: {
    depth: 20,
    keys: [0, 1, 2],
    stages,
    images: { train: 0, test: 0, side: 0 },
    before: { ...paperRecipe, epochs: 82 },
    after: { ...paperRecipe, lr: 0.01, schedule: 'constant', epochs: 41 },
  },
}
