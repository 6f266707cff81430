import type { TrainingRecipe } from '../train-cell.ts'
import { type LessonRecipe, paperRecipe } from '../train-net.ts'
import type { NetName } from './nets.ts'

/** Which nets are trained, how, and what of them is measured. */
export type ThousandLayersRecipe = Omit<TrainingRecipe, 'training'> & {
  readonly training: Omit<LessonRecipe, 'lr'>
  /** The nets whose gradient is measured before training. */
  readonly drawn: readonly NetName[]
  /** Those of them that are trained. */
  readonly nets: readonly NetName[]
  /** Each net is trained at each of these rates; the better one counts. */
  readonly rates: readonly number[]
  /** Channels of the first stage, before the expansion. */
  readonly width: number
  /** Whether blocks keep their activations for the reverse pass, or compute them again. */
  readonly activations: 'kept' | 'recomputed'
  /** The batch that gradients and memory are measured with. */
  readonly batch: number
}

const { lr, ...paper } = paperRecipe
/** A few dozen steps: half of the paper's batch, and a constant rate. */
const short: Omit<LessonRecipe, 'lr'> = { ...paper, batch: 64, flip: false, crop: 0, schedule: 'constant' }

const all: readonly NetName[] = [
  'plain-110',
  'original-1202',
  'original-1001',
  'pre-activation-1001',
  'zero-branch-1001',
]

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: ThousandLayersRecipe } = {
  quick: {
    drawn: ['plain-110', 'pre-activation-1001', 'zero-branch-1001'],
    nets: ['plain-110', 'pre-activation-1001'],
    rates: [lr],
    keys: [0],
    width: 4,
    images: { train: 768, test: 100, side: 8 },
    training: { ...short, epochs: 2 },
    activations: 'kept',
    batch: 64,
  },
  default: {
    drawn: all,
    nets: all,
    rates: [lr, lr / 10],
    keys: [0, 1, 2],
    width: 4,
    images: { train: 1024, test: 100, side: 8 },
    training: { ...short, epochs: 2 },
    activations: 'kept',
    batch: 64,
  },
  full: {
    drawn: all,
    nets: all,
    rates: [lr],
    keys: [0, 1, 2],
    width: 16,
    images: { train: 0, test: 0, side: 0 },
    training: { ...paper, warmup: { lr: lr / 10, steps: 400 } },
    activations: 'recomputed',
    batch: 32,
  },
}
