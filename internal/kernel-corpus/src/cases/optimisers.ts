import { type Tensor, zeros } from '@tensorflow/tfjs-core'
import {
  adam,
  adamW,
  clipByGlobalNorm,
  exceptVectors,
  lamb,
  type Optimiser,
  ratesByPath,
  sgd,
  weightDecay,
} from '@resfn/optimisers'
import { flatten } from '@resfn/tree'
import type { CorpusCase } from '../corpus-case.ts'
import { noise } from '../values.ts'

const momentum = 0.9

const optimisers: { readonly [name: string]: Optimiser } = {
  SGD: sgd(),
  momentum: sgd({ momentum }),
  'Nesterov with weight decay': weightDecay({ decay: 5e-4, mask: exceptVectors })(sgd({ momentum, nesterov: true })),
  'clipped momentum': clipByGlobalNorm(0.5)(sgd({ momentum })),
  'momentum at two rates': ratesByPath({ conv: 0.1 })(sgd({ momentum })),
  Adam: adam(),
  AdamW: adamW({ mask: exceptVectors }),
  LAMB: lamb(),
}

/** Leaves of no size in common with a vector of SIMD, of one number, and larger than a piece of work. */
const tree = (seed: number): { readonly [name: string]: { readonly [name: string]: Tensor } } => ({
  conv: { weight: noise(seed, 3, 3, 5, 7), bias: noise(seed + 1, 7) },
  norm: { weight: noise(seed + 2, 1), bias: noise(seed + 3, 1) },
  fc: { weight: noise(seed + 4, 129, 67), bias: noise(seed + 5, 67) },
})

/** Three updates, of which the last has a leaf without a gradient. */
const updates = (optimiser: Optimiser): { readonly [path: string]: Tensor } => {
  const params = tree(1)
  let reached = { params, state: optimiser.init(params) }
  for (const step of [0, 1, 2]) {
    const gradients = tree(10 * (step + 1))
    const norm = step === 2 ? { weight: zeros([1]), bias: zeros([1]) } : gradients['norm']!
    reached = optimiser.update({ ...gradients, norm }, reached.state, reached.params, { step, learningRate: 0.1 })
  }
  return Object.fromEntries(flatten<Tensor>(reached).map(({ path, leaf }) => [path, leaf]))
}

/** Three steps of each optimiser over a tree. */
export const optimiserSteps: readonly CorpusCase[] = Object.entries(optimisers).map(([name, optimiser]) => ({
  name: `three updates by ${name}`,
  compute: () => updates(optimiser),
}))
