import { add, mean as tfMean, mul, rsqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core'
import { type Contracted, definePrimitive } from '@resfn/primitive'

/** The axes that a channel's statistics run over: all but the last. */
const positions = (x: Tensor): number[] => x.shape.slice(0, -1).map((_, axis) => axis)

/**
 * The closed-form gradient of `trainBatchNorm`. With r = 1 / sqrt(variance + epsilon), xhat = (x - mean) r and means
 * over the positions: `dbias = sum dy, dweight = sum dy xhat, dx = weight r (dy - mean(dy) - xhat mean(dy xhat))`.
 *
 * @param inputs dy and x, `[..., channels]`; weight, and the mean and biased variance that x was normalised by,
 * `[channels]`
 * @param settings epsilon
 * @returns dx, `[..., channels]`, dweight and dbias, `[channels]`
 * @see Ioffe and Szegedy, "Batch normalization" (2015), section 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { batchNormGradient } from '@resfn/batch-norm'
 *
 * const [dy, x] = [tf.tensor2d([[1], [1]]), tf.tensor2d([[0], [2]])]
 * const [dx, , dbias] = batchNormGradient({ dy, x, weight: tf.ones([1]), mean: tf.ones([1]), variance: tf.ones([1]) }, { epsilon: 0 })
 * assert.deepEqual([[...dx.dataSync()], [...dbias.dataSync()]], [[0, 0], [2]])
 * ```
 */
export const batchNormGradient: Contracted<'BatchNormTrainGrad'> = definePrimitive({
  name: 'BatchNormTrainGrad',
  composed: ({ dy, x, weight, mean, variance }, { epsilon }) => {
    const axes = positions(x)
    const count = x.size / x.shape.at(-1)!
    const r = rsqrt(add(variance, epsilon))
    const normalised = mul(sub(x, mean), r)
    const dbias = sum(dy, axes)
    const dweight = sum(mul(dy, normalised), axes)
    const dx = mul(mul(weight, r), sub(sub(dy, mul(dbias, 1 / count)), mul(normalised, mul(dweight, 1 / count))))
    return [dx, dweight, dbias]
  },
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

/** y = weight (x - mean) / sqrt(variance + epsilon) + bias, with the batch's own mean and biased variance. */
export const batchNormTrain: Contracted<'BatchNormTrain'> = definePrimitive({
  name: 'BatchNormTrain',
  composed: ({ x, weight, bias }, { epsilon }) => {
    const axes = positions(x)
    const mean = tfMean(x, axes)
    const centred = sub(x, mean)
    const variance = tfMean(square(centred), axes)
    const y = add(mul(centred, mul(weight, rsqrt(add(variance, epsilon)))), bias)
    return [y, mean, variance]
  },
  saves: { inputs: ['x', 'weight'], outputs: [1, 2] },
  // Mean and variance are outputs for the running statistics alone, which nothing is differentiated through.
  gradient: ([dy], { inputs: { x, weight }, outputs: [mean, variance] }, settings) => {
    const [dx, dweight, dbias] = batchNormGradient({ dy, x, weight, mean, variance }, settings)
    return { x: dx, weight: dweight, bias: dbias }
  },
})
