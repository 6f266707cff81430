import { mul, sum, type Tensor } from '@tensorflow/tfjs-core'
import { valueAndGradient } from '@resfn/autodiff'

/**
 * The gradient of `f` at every leaf of a tree, pulled back from the upstream gradient `dy`: that of `sum(f(tree) dy)`.
 * Without `dy` it is the gradient of the sum, and for a scalar `f` the plain gradient. A tree may be a single tensor.
 */
export const gradientOf = <P>(f: (tree: P) => Tensor, tree: P, dy: Tensor | number = 1): P =>
  valueAndGradient((at: P) => ({ loss: sum(mul(f(at), dy)), aux: {} }))(tree).gradients
