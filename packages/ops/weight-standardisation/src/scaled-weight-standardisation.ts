import { mul, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { type Layer, ones, Spec, type Specs } from '@resfn/layer'
import { checkOptions, numberFrom, optional } from '@resfn/options'
import { standardised } from './standardised.ts'
import type { Weighted, WeightStandardisationOptions } from './weight-standardisation.ts'

/** The parameters of a layer with scaled weight standardisation: its own, and a `gain` [filters]. */
export type Gained<P> = P & { readonly gain: Tensor }

/** The options of scaled weight standardisation. */
export type ScaledWeightStandardisationOptions = WeightStandardisationOptions & {
  /**
   * the factor that makes up for the activation: 1 by default, and the root of `2 / (1 - 1 / pi)`, 1.7129, for ReLU
   */
  readonly gamma?: number
}

const rules = { epsilon: optional(numberFrom(0)), gamma: optional(numberFrom()) }

/**
 * A layer whose weight is standardised, over the root of its fan in, and times a learned gain: `y = layer(gain gamma (w
 * - m) / sqrt((v + epsilon) n), x)` with n weights in each filter. It keeps the variance of a net without
 * normalisations.
 *
 * @param layer a convolution, grouped or not, or another layer with a `weight` and no `gain`
 * @param options gamma, and epsilon, 1e-6 by default
 * @throws OptionsError if an option is not a finite number, or epsilon less than 0
 * @see Brock et al., "Characterizing signal propagation to close the performance gap in unnormalized ResNets" (2021),
 * section 4.1; timm, `ScaledStdConv2d`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { scaledWeightStandardisation } from '@resfn/weight-standardisation'
 *
 * const conv = scaledWeightStandardisation(conv2d({ out: 8, size: 3 }), { gamma: 1.7129 })
 * assert.deepEqual(Object.keys(conv.plan([4, 4, 2]).params), ['weight', 'gain'])
 * ```
 */
export const scaledWeightStandardisation = <P extends Weighted, S>(
  layer: Layer<P, S>,
  options: ScaledWeightStandardisationOptions = {},
): Layer<Gained<P>, S> => {
  checkOptions('scaledWeightStandardisation', options, rules)
  const { epsilon = 1e-6, gamma = 1 } = options
  const own = ({ gain, ...params }: Gained<P>): P => {
    const { weight } = params as unknown as P
    const factor = gamma / Math.sqrt(weight.size / weight.shape.at(-1)!)
    return { ...(params as unknown as P), weight: standardised(weight, epsilon, mul(gain, factor)) }
  }
  return {
    plan: (input) => {
      const plan = layer.plan(input)
      const { weight } = plan.params as unknown as { readonly weight: Spec }
      const gain = new Spec([weight.shape.at(-1)!], ones)
      return { ...plan, kind: `scaled standardised ${plan.kind}`, params: { ...plan.params, gain } as Specs<Gained<P>> }
    },
    apply: (params, x, state) => tidy(() => layer.apply(own(params), x, state)),
    train: (params, x, key) => layer.train(own(params), x, key),
  }
}
