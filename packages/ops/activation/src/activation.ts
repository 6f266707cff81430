import {
  elu,
  leakyRelu,
  relu as tfRelu,
  relu6,
  sigmoid as tfSigmoid,
  type Tensor,
  tanh as tfTanh,
} from '@tensorflow/tfjs-core'
import { type Empty, type Layer, lift } from '@resfn/layer'

/** The names of the activation functions. */
export type ActivationName = 'relu' | 'relu6' | 'leakyRelu' | 'elu' | 'sigmoid' | 'tanh'

const functions: { readonly [N in ActivationName]: (x: Tensor) => Tensor } = {
  /** max(x, 0) */
  relu: (x) => tfRelu(x),
  /** min(max(x, 0), 6) */
  relu6: (x) => relu6(x),
  /** x where positive, 0.01 x elsewhere (PyTorch's slope) */
  leakyRelu: (x) => leakyRelu(x, 0.01),
  /** x where positive, exp(x) - 1 elsewhere */
  elu: (x) => elu(x),
  /** 1 / (1 + exp(-x)) */
  sigmoid: (x) => tfSigmoid(x),
  /** tanh(x) */
  tanh: (x) => tfTanh(x),
}

/**
 * An activation function as a layer: `y = f(x)` value by value, of the same shape. Its `apply` is the bare function `(params, x) => y`.
 *
 * @param name `relu` max(x, 0), `relu6` min(max(x, 0), 6), `leakyRelu` (slope 0.01), `elu`, `sigmoid` 1 / (1 + exp(-x)), `tanh`
 * @see Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010), for relu.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { activation } from '@resfn/activation'
 *
 * assert.deepEqual([...activation('relu').apply({}, tf.tensor1d([-1, 2]), {}).dataSync()], [0, 2])
 * ```
 */
export const activation = (name: ActivationName): Layer<Empty> => lift(functions[name], { kind: name })

/**
 * Rectified linear unit: `y = max(x, 0)`, any shape; the gradient at 0 is 0.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { relu } from '@resfn/activation'
 *
 * assert.deepEqual([...relu.apply({}, tf.tensor1d([-1, 2]), {}).dataSync()], [0, 2])
 * ```
 */
export const relu: Layer<Empty> = activation('relu')

/**
 * Logistic sigmoid: `y = 1 / (1 + exp(-x))`, any shape.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { sigmoid } from '@resfn/activation'
 *
 * assert.deepEqual([...sigmoid.apply({}, tf.tensor1d([0]), {}).dataSync()], [0.5])
 * ```
 */
export const sigmoid: Layer<Empty> = activation('sigmoid')

/**
 * Hyperbolic tangent: `y = tanh(x)`, any shape.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { tanh } from '@resfn/activation'
 *
 * assert.deepEqual([...tanh.apply({}, tf.tensor1d([0]), {}).dataSync()], [0])
 * ```
 */
export const tanh: Layer<Empty> = activation('tanh')
