import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** What stands on the shortcuts of the nets, their depth, and how they are trained. */
export type ShortcutsRecipe = TrainingRecipe & {
  readonly depth: number
  /** Rows of He et al. 2016, table 1, by the names of `@resfn/shortcuts`. */
  readonly operations: readonly string[]
  /** Options of He et al. 2015, section 3.3. */
  readonly options: readonly string[]
}

/** Half of the paper's batch, and so half of its rate. */
const short: LessonRecipe = { ...paperRecipe, batch: 64, lr: 0.05, flip: false, crop: 0, schedule: 'constant' }

const operations = [
  'identity',
  'shortcut-only gate',
  'exclusive gate',
  '1x1 convolution',
  'shortcut-only gate, half open',
  'constant on both',
  'constant',
  'dropout',
  'none',
]

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: ShortcutsRecipe } = {
  quick: {
    depth: 14,
    operations: ['identity', 'constant', 'dropout'],
    options: ['A', 'B'],
    keys: [0],
    images: { train: 1000, test: 500, side: 14 },
    training: { ...short, epochs: 4 },
  },
  default: {
    depth: 32,
    operations,
    options: ['A', 'B', 'C'],
    keys: [0, 1, 2],
    images: { train: 2000, test: 1000, side: 14 },
    training: { ...short, epochs: 5 },
  },
  full: {
    depth: 110,
    operations,
    options: ['A', 'B', 'C'],
    keys: [0, 1, 2, 3, 4],
    images: { train: 0, test: 0, side: 0 },
    training: paperRecipe,
  },
}
