import { constant, type Layer, zeros } from '@resfn/layer'
import { checkOptions, numberFrom } from '@resfn/options'
import { scale, type ScaleParams } from './scale.ts'

/**
 * LayerScale: the last layer of a branch, `y = weight x` with a small weight for each channel at first.
 *
 * @param value the first weight of every channel; 1e-5 by default. The paper takes 0.1 up to 18 blocks, 1e-5 up to 24
 * and 1e-6 beyond.
 * @throws OptionsError if the value is not finite
 * @see Touvron et al., "Going deeper with image transformers" (2021), section 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { layerScale } from '@resfn/scale'
 *
 * assert.deepEqual([...init(layerScale(0.5), key(0), [8, 8, 2]).params.weight.dataSync()], [0.5, 0.5])
 * ```
 */
export const layerScale = (value = 1e-5): Layer<ScaleParams> => {
  checkOptions('layerScale', { value }, { value: numberFrom() })
  return scale({ per: 'channel', initial: { weight: constant(value) } })
}

/**
 * ReZero: the last layer of a branch, `y = weight x` with one weight that is 0 at first, so that the block is its
 * shortcut. At the end of a convolutional branch without normalisation it is SkipInit.
 *
 * @see Bachlechner et al., "ReZero is all you need" (2020), section 3; De and Smith, "Batch normalization biases
 * residual blocks towards the identity function in deep networks" (2020), section 4, for SkipInit
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { identityAdd } from '@resfn/identity-add'
 * import { init, sequential } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { reZero } from '@resfn/scale'
 *
 * const block = identityAdd(sequential({ fc: dense({ out: 2 }), reZero }))
 * const { params } = init(block, key(0), [2])
 * assert.deepEqual([...block.apply(params, tf.tensor2d([[3, -4]]), {}).dataSync()], [3, -4])
 * ```
 */
export const reZero: Layer<ScaleParams> = scale({ per: 'layer', initial: { weight: zeros } })
