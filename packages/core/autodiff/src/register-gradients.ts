import { getGradient, registerGradient } from '@tensorflow/tfjs-core'
import type { GradConfig } from '@tensorflow/tfjs-core'
import { activations } from './gradients/activation.ts'
import { binaries, choices, unaries } from './gradients/arithmetic.ts'
import { steps } from './gradients/constant.ts'
import { networks } from './gradients/network.ts'
import { reductions } from './gradients/reduction.ts'
import { shapes } from './gradients/shape.ts'

const configs: readonly GradConfig[] = [
  ...binaries,
  ...unaries,
  ...choices,
  ...activations,
  ...reductions,
  ...shapes,
  ...networks,
  ...steps,
]

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
