import { add, concat, maxPool, mean, mul, reshape, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkBatch, checkSample, type Empty, type Layer, lift } from '@resfn/layer'

const meanOf = (x: Tensor): Tensor => mean(x, [1, 2])

// As a window over the whole image and not as a reduction: the gradient of that is shared out among ties.
const largestOf = (x: Tensor): Tensor => {
  const [batch, height, width, channels] = x.shape as Tensor4D['shape']
  return reshape(maxPool(x as Tensor4D, [height, width], 1, 'valid'), [batch, channels])
}

const checked =
  (kind: string, pool: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
  (x) => {
    checkBatch(kind, x, ['image'])
    return pool(x)
  }

/** A pool over the whole image as a layer, with so many outputs for each channel. */
const globalLayer = (kind: string, pool: (x: Tensor) => Tensor, perChannel = 1): Layer<Empty> =>
  lift(pool, {
    kind,
    output: (input) => {
      checkSample(kind, input, ['image'])
      return [perChannel * input[2]!]
    },
  })

/**
 * Global average pooling as a bare function: `y[n,c] = mean over i,j of x[n,i,j,c]`.
 *
 * @param x [batch, height, width, channels]
 * @returns [batch, channels]
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyGlobalAvgPool } from '@resfn/pool'
 *
 * assert.deepEqual([...applyGlobalAvgPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])).dataSync()], [2.5])
 * ```
 */
export const applyGlobalAvgPool: (x: Tensor) => Tensor = checked('globalAvgPool', meanOf)

/**
 * Global average pooling as a layer: [height, width, channels] becomes [channels].
 *
 * @see Lin et al., "Network in network" (2013), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { globalAvgPool } from '@resfn/pool'
 *
 * assert.deepEqual(globalAvgPool.plan([7, 7, 512]).output, [512])
 * ```
 */
export const globalAvgPool: Layer<Empty> = globalLayer('globalAvgPool', applyGlobalAvgPool)

/**
 * Global max pooling as a bare function: `y[n,c] = max over i,j of x[n,i,j,c]`. Ties send the gradient to the first of
 * the largest values.
 *
 * @param x [batch, height, width, channels]
 * @returns [batch, channels]
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @see PyTorch's `torch.nn.functional.adaptive_max_pool2d`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyGlobalMaxPool } from '@resfn/pool'
 *
 * assert.deepEqual([...applyGlobalMaxPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])).dataSync()], [4])
 * ```
 */
export const applyGlobalMaxPool: (x: Tensor) => Tensor = checked('globalMaxPool', largestOf)

/**
 * Global max pooling as a layer: [height, width, channels] becomes [channels].
 *
 * @see Woo et al., "CBAM: convolutional block attention module" (2018), section 3, where it stands beside the average
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { globalMaxPool } from '@resfn/pool'
 *
 * assert.deepEqual(globalMaxPool.plan([7, 7, 512]).output, [512])
 * ```
 */
export const globalMaxPool: Layer<Empty> = globalLayer('globalMaxPool', applyGlobalMaxPool)

/**
 * The mean of global average and max pooling as a bare function: `y[n,c] = (mean + max) / 2`.
 *
 * @param x [batch, height, width, channels]
 * @returns [batch, channels]
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @see timm's `SelectAdaptivePool2d` with `avgmax`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyAvgMaxPool } from '@resfn/pool'
 *
 * assert.deepEqual([...applyAvgMaxPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])).dataSync()], [3.25])
 * ```
 */
export const applyAvgMaxPool: (x: Tensor) => Tensor = checked('avgMaxPool', (x) =>
  mul(add(meanOf(x), largestOf(x)), 0.5),
)

/**
 * The mean of global average and max pooling as a layer: [height, width, channels] becomes [channels].
 *
 * @see timm's `SelectAdaptivePool2d` with `avgmax`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { avgMaxPool } from '@resfn/pool'
 *
 * assert.deepEqual(avgMaxPool.plan([7, 7, 512]).output, [512])
 * ```
 */
export const avgMaxPool: Layer<Empty> = globalLayer('avgMaxPool', applyAvgMaxPool)

/**
 * Global average and max pooling one after the other as a bare function: `y[n] = [mean of each channel, max of each
 * channel]`.
 *
 * @param x [batch, height, width, channels]
 * @returns [batch, 2 channels]
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @see timm's `SelectAdaptivePool2d` with `catavgmax`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyCatAvgMaxPool } from '@resfn/pool'
 *
 * assert.deepEqual([...applyCatAvgMaxPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])).dataSync()], [2.5, 4])
 * ```
 */
export const applyCatAvgMaxPool: (x: Tensor) => Tensor = checked('catAvgMaxPool', (x) =>
  concat([meanOf(x), largestOf(x)], 1),
)

/**
 * Global average and max pooling one after the other as a layer: [height, width, channels] becomes [2 channels].
 *
 * @see timm's `SelectAdaptivePool2d` with `catavgmax`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { catAvgMaxPool } from '@resfn/pool'
 *
 * assert.deepEqual(catAvgMaxPool.plan([7, 7, 512]).output, [1024])
 * ```
 */
export const catAvgMaxPool: Layer<Empty> = globalLayer('catAvgMaxPool', applyCatAvgMaxPool, 2)
