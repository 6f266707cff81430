import { div, maximum, mean, pow, type Tensor } from '@tensorflow/tfjs-core'
import { checkBatch, checkSample, checkVariables, constant, type Initialiser, type Layer, op, Spec } from '@resfn/layer'
import { checkOptions, func, numberFrom, optional, recordOf } from '@resfn/options'

/** The power `p` [1]. */
export type GemPoolParams = { readonly p: Tensor }

/** The bound of a generalised mean, and its first power. */
export type GemPoolOptions = {
  /** smaller values count as this one, because a power of a negative number is none; 1e-6 by default */
  readonly epsilon?: number
  /** first values; `p` is 3 by default */
  readonly initial?: { readonly p?: Initialiser }
}

const rules = { epsilon: optional(numberFrom(0)) }

const generalisedMean = ({ p }: GemPoolParams, x: Tensor, epsilon: number): Tensor =>
  pow(mean(pow(maximum(x, epsilon), p), [1, 2]), div(1, p))

/**
 * Generalised mean pooling as a bare function: `y[n,c] = (mean over i,j of max(x[n,i,j,c], epsilon)^p)^(1/p)`. Power 1
 * is the average; the larger the power, the nearer it comes to the maximum.
 *
 * @param params p, [1]
 * @param x [batch, height, width, channels]
 * @param options `epsilon`
 * @returns [batch, channels]
 * @throws OptionsError if epsilon is negative
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @throws VariablesError if p is missing, disposed or of another shape
 * @see Radenovic et al., "Fine-tuning CNN image retrieval with no human annotation" (2018), equation 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyGemPool } from '@resfn/pool'
 *
 * const y = applyGemPool({ p: tf.tensor1d([2]) }, tf.tensor4d([1, 7, 1, 7], [1, 2, 2, 1]))
 * assert.ok(Math.abs(y.dataSync()[0]! - 5) < 1e-5)
 * ```
 */
export const applyGemPool = (
  params: GemPoolParams,
  x: Tensor,
  options: Pick<GemPoolOptions, 'epsilon'> = {},
): Tensor => {
  checkOptions('applyGemPool', options, rules)
  checkBatch('gemPool', x, ['image'])
  checkVariables('gemPool', params, { p: [1] })
  return generalisedMean(params, x, options.epsilon ?? 1e-6)
}

/**
 * Generalised mean pooling as a layer with a learned power: [height, width, channels] becomes [channels].
 *
 * @param options `epsilon`, and the first value of the power
 * @throws OptionsError if an option is unknown or outside its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Radenovic et al., "Fine-tuning CNN image retrieval with no human annotation" (2018), equation 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { gemPool } from '@resfn/pool'
 *
 * assert.deepEqual(gemPool().plan([7, 7, 512]).output, [512])
 * ```
 */
export const gemPool = (options: GemPoolOptions = {}): Layer<GemPoolParams> => {
  checkOptions('gemPool', options, { ...rules, initial: optional(recordOf(func, 'p')) })
  const { epsilon = 1e-6, initial = {} } = options
  return op<GemPoolParams>(
    (input) => {
      checkSample('gemPool', input, ['image'])
      return { kind: 'gemPool', params: { p: new Spec([1], initial.p ?? constant(3)) }, output: [input[2]!] }
    },
    (params, x) => applyGemPool(params, x, { epsilon }),
  )
}
