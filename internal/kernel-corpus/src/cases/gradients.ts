import type { CorpusCase } from '../corpus-case.ts'
import { withGradients } from '../with-gradients.ts'
import { differentiable, type GradientCase } from './differentiable/index.ts'

export const nameOf = ({ kernel, of }: GradientCase): string => (of === undefined ? kernel : `${kernel}, ${of}`)

/** Every function with a gradient, forward and backward. */
export const gradients: readonly CorpusCase[] = differentiable.map((example) => ({
  name: `the gradient of ${nameOf(example)}`,
  compute: () => withGradients(example.f, example.at()),
  tolerance: 2e-5,
}))
