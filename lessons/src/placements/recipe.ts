import type { ComparisonRecipe } from '../compare-nets.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

const nets = ['original', 'normAfterAddition', 'actBeforeAddition', 'actPreActivation', 'fullPreActivation']

/** Half of the paper's batch, and so half of its rate. */
const short: LessonRecipe = { ...paperRecipe, batch: 64, lr: 0.05, flip: false, crop: 0, schedule: 'constant' }

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: ComparisonRecipe } = {
  quick: {
    depth: 32,
    nets,
    keys: [0],
    images: { train: 480, test: 200, side: 14 },
    training: { ...short, epochs: 3 },
  },
  default: {
    depth: 44,
    nets,
    keys: [0, 1, 2],
    images: { train: 3000, test: 1000, side: 14 },
    training: { ...short, epochs: 5 },
  },
  full: {
    depth: 110,
    nets,
    keys: [0, 1, 2],
    images: { train: 0, test: 0, side: 0 },
    training: paperRecipe,
  },
}
