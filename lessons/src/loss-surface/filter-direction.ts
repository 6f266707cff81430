import { fold, type Key, normal } from '@resfn/random'
import { map } from '@resfn/tree'
import { div, mul, norm, reshape, type Tensor, tensor, tidy, zerosLike } from '@tensorflow/tfjs-core'

/**
 * A random direction from some weights, normalised filter by filter: each filter of it is as long as that of the
 * weights, `d ← d · ‖θ‖ / ‖d‖`. Biases and the parameters of normalisations are vectors, and their direction is 0.
 *
 * The last axis of a convolution's weights counts the filters, and so it does for a dense layer.
 *
 * @param params the weights
 * @param key draws the direction, each tensor by its path
 * @see Li et al. 2018, "Visualizing the loss landscape of neural nets", section 4
 */
export const filterDirection = <P>(params: P, key: Key): P =>
  map<P>(params, (weights: Tensor, path) =>
    tidy(() => {
      if (weights.rank < 2) return zerosLike(weights)
      const filters = weights.shape.at(-1)!
      const drawn = tensor(normal(fold(key, path), weights.size), [weights.size / filters, filters])
      const lengths = norm(reshape(weights, [-1, filters]), 2, 0)
      return reshape(mul(drawn, div(lengths, norm(drawn, 2, 0))), weights.shape)
    }),
  )
