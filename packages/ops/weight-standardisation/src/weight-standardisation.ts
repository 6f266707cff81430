import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import { checkTensor, type Layer } from '@resfn/layer'
import { checkOptions, numberFrom, optional } from '@resfn/options'
import { standardised } from './standardised.ts'

/** The parameters that it needs of a layer: a `weight` whose last axis is the filters. */
export type Weighted = { readonly weight: Tensor }

/** The options of weight standardisation. */
export type WeightStandardisationOptions = {
  /**
   * added to the variance before the root; 1e-8 by default, as in BiT (timm's own default is 1e-6, the paper's code
   * 1e-5)
   */
  readonly epsilon?: number
}

const rules = { epsilon: optional(numberFrom(0)) }

/**
 * Weight standardisation as a bare function: `(w - m) / sqrt(v + epsilon)` with the mean m and the biased variance v of
 * each filter.
 *
 * @param weight [height, width, in, filters], or [in, filters]
 * @param options epsilon
 * @returns the weight standardised, of the same shape
 * @throws OptionsError if epsilon is not a finite number of at least 0
 * @throws ShapeError, InputError if the weight is not such a float32 tensor
 * @see Qiao et al., "Micro-batch training with batch-channel normalization and weight standardization" (2019),
 * equations 4 and 5
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyWeightStandardisation } from '@resfn/weight-standardisation'
 *
 * const w = applyWeightStandardisation(tf.tensor2d([[1, 10], [3, 30]]))
 * assert.deepEqual([...w.dataSync()].map(Math.round), [-1, -1, 1, 1])
 * ```
 */
export const applyWeightStandardisation = (weight: Tensor, options: WeightStandardisationOptions = {}): Tensor => {
  checkOptions('applyWeightStandardisation', options, rules)
  checkTensor('applyWeightStandardisation', weight)
  return tidy(() => standardised(weight, options.epsilon ?? 1e-8))
}

/**
 * A layer with its weight standardised whenever it runs: `y = layer((w - m) / sqrt(v + epsilon), x)`. Parameters and
 * first values stay the layer's. In makers it makes every convolution of a net so.
 *
 * @param layer a convolution, grouped or not, or another layer with a `weight`
 * @param options epsilon
 * @throws OptionsError if epsilon is not a finite number of at least 0
 * @see Qiao et al., "Micro-batch training with batch-channel normalization and weight standardization" (2019),
 * section 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { type Makers, makers } from '@resfn/makers'
 * import { weightStandardisation } from '@resfn/weight-standardisation'
 *
 * const standard: Makers = { ...makers, conv: (options) => weightStandardisation(conv2d(options)) }
 * assert.deepEqual(standard.conv({ out: 8, size: 3 }).plan([4, 4, 2]).output, [4, 4, 8])
 * ```
 */
export const weightStandardisation = <P extends Weighted, S>(
  layer: Layer<P, S>,
  options: WeightStandardisationOptions = {},
): Layer<P, S> => {
  checkOptions('weightStandardisation', options, rules)
  const { epsilon = 1e-8 } = options
  const own = (params: P): P => ({ ...params, weight: standardised(params.weight, epsilon) })
  return {
    plan: (input) => {
      const plan = layer.plan(input)
      return { ...plan, kind: `standardised ${plan.kind}` }
    },
    apply: (params, x, state) => tidy(() => layer.apply(own(params), x, state)),
    train: (params, x, key) => layer.train(own(params), x, key),
  }
}
