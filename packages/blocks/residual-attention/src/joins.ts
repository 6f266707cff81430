import { add } from '@tensorflow/tfjs-core'
import { type Join, product } from '@resfn/layer'

/**
 * Attention residual learning: `H = (1 + M) T`, computed as `T + T M`, of the trunk `T` and the mask `M`. With `M = 0`
 * the module is its trunk. Naive attention learning, `H = M T`, is the join `product`: there the values shrink module
 * after module.
 *
 * @see Wang et al., "Residual attention network for image classification" (2017), equation 3
 */
export const attentionResidual: Join = {
  ...product,
  kind: 'attention residual',
  apply: (ys) => add(ys[0]!, product.apply(ys)),
}
