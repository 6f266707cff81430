import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'

/** The nets with attention and without, and how they are trained. */
export type AttentionRecipe = TrainingRecipe & {
  /** The depth of the residual net that squeeze-and-excitation is added to. */
  readonly depth: number
  /** By what squeeze-and-excitation divides the channels. */
  readonly reduction: number
  /** The widths of the attention net; its stages have 4 times as many channels. */
  readonly widths: readonly [number, number, number]
  /** How often the masks of each stage halve the image. */
  readonly maskDepths: readonly [number, number, number]
  /** Attention modules a stage. */
  readonly modules: readonly number[]
}

const short: LessonRecipe = { ...paperRecipe, batch: 64, lr: 0.05, flip: false, crop: 0, schedule: 'cosine' }

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: AttentionRecipe } = {
  quick: {
    depth: 8,
    reduction: 4,
    widths: [2, 4, 8],
    maskDepths: [2, 1, 1],
    modules: [1],
    keys: [0],
    images: { train: 500, test: 200, side: 14 },
    training: { ...short, epochs: 2 },
  },
  default: {
    depth: 14,
    reduction: 4,
    widths: [4, 8, 16],
    maskDepths: [2, 1, 1],
    modules: [1, 2],
    keys: [0, 1, 2],
    images: { train: 1000, test: 1000, side: 14 },
    training: { ...short, epochs: 4 },
  },
  full: {
    depth: 110,
    reduction: 16,
    widths: [16, 32, 64],
    maskDepths: [3, 2, 1],
    modules: [1, 2, 3, 4],
    keys: [0, 1, 2, 3, 4],
    images: { train: 0, test: 0, side: 0 },
    training: paperRecipe,
  },
}
