import type { ImageChoice } from '../images.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** Which nets are drawn and trained. */
export type GradientFlowRecipe = {
  readonly keys: readonly number[]
  /** The nets of dense layers that theory knows: 50 blocks deep, 256 wide, 512 examples. */
  readonly theory: { readonly blocks: number; readonly width: number; readonly batch: number }
  /** The nets of dense layers by depth. */
  readonly depths: { readonly blocks: readonly number[]; readonly width: number; readonly batch: number }
  /** The convolutional nets, before and while they train. */
  readonly trained: {
    readonly depth: number
    readonly images: ImageChoice
    readonly training: LessonRecipe
    /** Examples of the batch that the gradient is taken of. */
    readonly batch: number
  }
}

const theory = { blocks: 50, width: 256, batch: 512 }
/** Half of the paper's batch, and so half of its rate. */
const short: LessonRecipe = { ...paperRecipe, batch: 64, lr: 0.05, flip: false, crop: 0, schedule: 'constant' }

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: GradientFlowRecipe } = {
  quick: {
    keys: [0],
    theory,
    depths: { blocks: [10, 100, 1000], width: 32, batch: 32 },
    trained: {
      depth: 20,
      images: { train: 320, test: 100, side: 14 },
      training: { ...short, epochs: 1 },
      batch: 64,
    },
  },
  default: {
    keys: [0, 1, 2],
    theory,
    depths: { blocks: [10, 30, 100, 300, 1000], width: 64, batch: 128 },
    trained: {
      depth: 44,
      images: { train: 2000, test: 500, side: 14 },
      training: { ...short, epochs: 3 },
      batch: 64,
    },
  },
  full: {
    keys: [0, 1, 2],
    theory,
    depths: { blocks: [10, 30, 100, 300, 1000], width: 256, batch: 512 },
    trained: { depth: 110, images: { train: 0, test: 0, side: 0 }, training: paperRecipe, batch: 128 },
  },
}
