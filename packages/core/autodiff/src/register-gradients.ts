import { getGradient, registerGradient } from '@tensorflow/tfjs-core'
import type { GradConfig } from '@tensorflow/tfjs-core'
import { network } from './gradients/network.ts'

const configs: readonly GradConfig[] = [...network]

/**
 * Registers the gradients of the tfjs kernels that have none yet; `valueAndGradient` calls it.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import { registerGradients } from '@resfn/autodiff'
 *
 * registerGradients()
 * assert.ok(tf.getGradient('Conv2D'))
 * ```
 */
export const registerGradients = (): void => {
  for (const config of configs) if (getGradient(config.kernelName) == null) registerGradient(config)
}
