import { mul, sum, type Tensor } from '@tensorflow/tfjs-core'
import { valueAndGradient } from '@resfn/autodiff'
import type { Outputs } from './corpus-case.ts'
import { noise } from './values.ts'

/** The gradient that comes from above; another number for each value, so that no permutation goes unseen. */
export const upstream = (shape: readonly number[]): Tensor => noise(9, ...shape)

/** A function of named tensors, `y`, and its gradients at each of them, `dx` for `x`, from `upstream`. */
export const withGradients = (f: (inputs: Outputs) => Tensor, inputs: Outputs): Outputs => {
  const { gradients, aux } = valueAndGradient((at: Outputs) => {
    const y = f(at)
    return { loss: sum(mul(y, upstream(y.shape))), aux: { y } }
  })(inputs)
  return { y: aux.y, ...Object.fromEntries(Object.entries(gradients).map(([name, by]) => [`d${name}`, by])) }
}
