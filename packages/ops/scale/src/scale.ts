import { mul, type Tensor } from '@tensorflow/tfjs-core'
import { constant, type Empty, type Layer, lift, ShapeError, Spec } from '@resfn/layer'

/** `weight`: a scalar, or [channels]. */
export type ScaleParams = { readonly weight: Tensor }

/** What a learned scale is. */
export type ScaleOptions = {
  /** one number for all, or one for each channel (the last axis) */
  readonly per: 'layer' | 'channel'
  /** the first value of every weight, any number; 1 if not given. 0 makes a residual branch start as nothing (ReZero), 1e-5 is LayerScale's choice for deep nets */
  readonly initial?: number
}

/**
 * Scaling as a bare function: `y = weight * x`, of the same shape. d loss / d weight is the sum of `x * dy` (over all but the channels).
 *
 * @param params weight, a scalar or [channels]
 * @param x [batch, ..., channels]
 * @see the scale of He et al., "Identity mappings in deep residual networks" (2016), section 3.1, learned.
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
export const applyScale = ({ weight }: ScaleParams, x: Tensor): Tensor => mul(x, weight)

/**
 * Learned scaling: `y = weight * x`, one weight for the layer or one for each channel; the shape stays.
 *
 * @param options per layer or channel, and the first value
 * @throws ShapeError, from `plan`, if a scale per channel has no channel axis
 * @see Bachlechner et al., "ReZero is all you need" (2020), section 3; Touvron et al., "Going deeper with image transformers" (2021),
 * section 2 (LayerScale).
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { scale } from '@resfn/scale'
 *
 * assert.deepEqual(scale({ per: 'channel' }).plan([28, 28, 16]).params.weight.shape, [16])
 * ```
 */
export const scale = ({ per, initial = 1 }: ScaleOptions): Layer<ScaleParams> => ({
  plan: (input) => {
    const channels = input.at(-1)
    if (per === 'channel' && channels === undefined)
      throw new ShapeError('', 'a scale per channel needs an input with a channel axis, but the input is []')
    return {
      kind: per === 'channel' ? 'scale per channel' : 'scale',
      params: { weight: new Spec(per === 'channel' ? [channels!] : [], constant(initial)) },
      state: {},
      output: input,
      macs: 0,
      parts: [],
    }
  },
  apply: applyScale,
  train: (params, x) => ({ y: applyScale(params, x), seen: {} }),
})

/**
 * Scaling by a constant: `y = factor * x`. On the shortcut or branch of a residual block it is the constant scaling of He et al. (2016,
 * section 3.1); on the input it brings data into range (1 / 255); on a loss it keeps small gradients from vanishing.
 *
 * @param factor any finite number
 * @throws RangeError if the factor is not finite
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 3.1.
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
  if (!Number.isFinite(factor)) throw new RangeError(`scaleBy: the factor must be a finite number, not ${factor}`)
  return lift((x) => mul(x, factor), { kind: `scale by ${factor}` })
}
