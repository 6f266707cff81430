import { backend_util } from '@tensorflow/tfjs-core'

type Step = number | [number, number]

/** The settings of the pooling kernels of tfjs and of their gradients: MaxPool, AvgPool, MaxPoolGrad, AvgPoolGrad. */
export type PoolSettings = {
  readonly filterSize: Step
  readonly strides: Step
  readonly pad: Parameters<typeof backend_util.computePool2DInfo>[4]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/**
 * The geometry of a pool: sizes of input, output, window and padding.
 *
 * @param shape the shape of the input, [batch, height, width, channels]
 * @param settings the settings of the pooling kernel
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { poolInfo } from '@resfn/primitive'
 *
 * assert.deepEqual(poolInfo([1, 5, 5, 3], { filterSize: 3, strides: 2, pad: 1 }).outShape, [1, 3, 3, 3])
 * ```
 */
export const poolInfo = (
  shape: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolSettings,
): backend_util.Conv2DInfo =>
  backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  )
