import { mul, type Tensor } from '@tensorflow/tfjs-core'
import {
  checkChannels,
  checkTensor,
  checkVariables,
  type Empty,
  type Initialiser,
  type Layer,
  lift,
  ones,
  op,
  ShapeError,
  Spec,
} from '@resfn/layer'
import { checkOptions, func, numberFrom, oneOf, optional, recordOf } from '@resfn/options'

/** `weight`: a scalar, or [channels]. */
export type ScaleParams = { readonly weight: Tensor }

/** What a learned scale is. */
export type ScaleOptions = {
  /** one number for all, or one for each channel (the last axis) */
  readonly per: 'layer' | 'channel'
  /**
   * first values; ones by default. `zeros` makes a residual block start as its shortcut (ReZero), `constant(1e-5)` is
   * LayerScale's choice for deep nets
   */
  readonly initial?: { readonly weight?: Initialiser }
}

const rules = { per: oneOf('layer', 'channel'), initial: optional(recordOf(func, 'weight')) }

const multiply = ({ weight }: ScaleParams, x: Tensor): Tensor => {
  checkTensor('scale', x)
  if (weight.rank > 0) checkChannels('scale', x, weight)
  return mul(x, weight)
}

const perLayer = { weight: [] }
const perChannel = { weight: ['channels'] }

/**
 * Scaling as a bare function: `y = weight * x`, of the same shape. d loss / d weight is the sum of `x * dy` (over all
 * but the channels).
 *
 * @param params weight, a scalar or [channels]
 * @param x [batch, ..., channels]
 * @throws ShapeError, InputError if x is not a live tensor with as many channels as the weight
 * @throws VariablesError if the weight is missing, disposed or of another shape
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 3.1: the scale of that section, learned
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyScale } from '@resfn/scale'
 *
 * const y = applyScale({ weight: tf.tensor1d([1, 10]) }, tf.tensor2d([[1, 2]]))
 * assert.deepEqual([...y.dataSync()], [1, 20])
 * ```
 */
export const applyScale = (params: ScaleParams, x: Tensor): Tensor => {
  checkVariables('scale', params, params?.weight?.rank === 0 ? perLayer : perChannel)
  return multiply(params, x)
}

/**
 * Learned scaling: `y = weight * x`, one weight for the layer or one for each channel; the shape stays.
 *
 * @param options per layer or channel, and the first values
 * @throws OptionsError if an option is unknown, missing or not one of its values
 * @throws ShapeError, from `plan`, if a scale per channel has no channel axis
 * @see Bachlechner et al., "ReZero is all you need" (2020), section 3; Touvron et al., "Going deeper with image
 * transformers" (2021), section 2 (LayerScale)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { scale } from '@resfn/scale'
 *
 * assert.deepEqual(scale({ per: 'channel' }).plan([28, 28, 16]).params.weight.shape, [16])
 * ```
 */
export const scale = (options: ScaleOptions): Layer<ScaleParams> => {
  checkOptions('scale', options, rules)
  const { per, initial = {} } = options
  const shapes = per === 'channel' ? perChannel : perLayer
  return op<ScaleParams>(
    (input) => {
      const channels = input.at(-1)
      if (per === 'channel' && channels === undefined)
        throw new ShapeError('', 'a scale per channel needs an input with a channel axis, but the input is []')
      return {
        kind: per === 'channel' ? 'scale per channel' : 'scale',
        params: { weight: new Spec(per === 'channel' ? [channels!] : [], initial.weight ?? ones) },
      }
    },
    (params, x) => {
      checkVariables('scale', params, shapes)
      return multiply(params, x)
    },
  )
}

/**
 * Scaling by a constant as a bare function: `y = factor * x`.
 *
 * @param x any shape
 * @param options `factor`, any finite number
 * @throws OptionsError if the factor is not finite
 * @throws InputError if x is not a live tensor
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyScaleBy } from '@resfn/scale'
 *
 * assert.deepEqual([...applyScaleBy(tf.tensor1d([4]), { factor: 0.5 }).dataSync()], [2])
 * ```
 */
export const applyScaleBy = (x: Tensor, options: { readonly factor: number }): Tensor => {
  checkOptions('applyScaleBy', options, { factor: numberFrom() })
  checkTensor('scaleBy', x)
  return mul(x, options.factor)
}

/**
 * Scaling by a constant: `y = factor * x`. On the shortcut or branch of a residual block it is the constant scaling of
 * He et al. (2016, section 3.1); on the input it brings data into range (1 / 255); on a loss it keeps small gradients
 * from vanishing.
 *
 * @param factor any finite number
 * @throws OptionsError if the factor is not finite
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 3.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { scaleBy } from '@resfn/scale'
 *
 * assert.deepEqual([...scaleBy(0.5).apply({}, tf.tensor1d([4]), {}).dataSync()], [2])
 * ```
 */
export const scaleBy = (factor: number): Layer<Empty> => {
  const options = { factor }
  checkOptions('scaleBy', options, { factor: numberFrom() })
  return lift((x) => applyScaleBy(x, options), { kind: `scale by ${factor}` })
}
