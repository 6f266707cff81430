import {
  add,
  div,
  elu,
  erf,
  leakyRelu,
  mul,
  relu as tfRelu,
  relu6,
  sigmoid as tfSigmoid,
  type Tensor,
  tanh as tfTanh,
} from '@tensorflow/tfjs-core'
import { checkTensor, type Empty, type Layer, lift } from '@resfn/layer'
import { checkOptions, oneOf } from '@resfn/options'

/** The names of the activation functions. */
export type ActivationName =
  | 'relu'
  | 'relu6'
  | 'leakyRelu'
  | 'elu'
  | 'sigmoid'
  | 'tanh'
  | 'silu'
  | 'gelu'
  | 'geluTanh'
  | 'hardSigmoid'
  | 'hardSwish'

const hardSigmoidOf = (x: Tensor): Tensor => div(relu6(add(x, 3)), 6)

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
  /** x / (1 + exp(-x)) */
  silu: (x) => mul(x, tfSigmoid(x)),
  /** x / 2 (1 + erf(x / sqrt(2))) */
  gelu: (x) => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1)),
  /** x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
  geluTanh: (x) => {
    const inner = mul(mul(x, Math.sqrt(2 / Math.PI)), add(mul(mul(x, x), 0.044715), 1))
    return mul(mul(x, 0.5), add(tfTanh(inner), 1))
  },
  /** min(max(x + 3, 0), 6) / 6 */
  hardSigmoid: hardSigmoidOf,
  /** x min(max(x + 3, 0), 6) / 6 */
  hardSwish: (x) => mul(x, hardSigmoidOf(x)),
}

const activate = (x: Tensor, name: ActivationName): Tensor => {
  checkTensor(name, x)
  return functions[name](x)
}

const rules = { name: oneOf(...Object.keys(functions)) }

/**
 * An activation function as a bare function: `y = f(x)` value by value, of the same shape.
 *
 * @param x any shape
 * @param name `relu` max(x, 0), `relu6` min(max(x, 0), 6), `leakyRelu` (slope 0.01), `elu`, `sigmoid` 1 / (1 +
 * exp(-x)), `tanh`, `silu` x sigmoid(x), `gelu` x / 2 (1 + erf(x / sqrt(2))), `geluTanh` (gelu with its tanh in place
 * of erf), `hardSigmoid` relu6(x + 3) / 6, `hardSwish` x hardSigmoid(x)
 * @throws OptionsError if there is no such function
 * @throws InputError if x is not a live tensor
 * @see Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010), for relu; Hendrycks and
 * Gimpel, "Gaussian error linear units" (2016), for gelu and silu; Howard et al., "Searching for MobileNetV3" (2019),
 * section 5.2, for hardSwish
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyActivation } from '@resfn/activation'
 *
 * assert.deepEqual([...applyActivation(tf.tensor1d([-1, 2]), 'relu').dataSync()], [0, 2])
 * ```
 */
export const applyActivation = (x: Tensor, name: ActivationName): Tensor => {
  checkOptions('applyActivation', { name }, rules)
  return activate(x, name)
}

/**
 * An activation function as a layer: `y = f(x)` value by value, of the same shape.
 *
 * @param name one of the names of `applyActivation`
 * @throws OptionsError if there is no such function
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { activation } from '@resfn/activation'
 *
 * assert.equal(activation('relu6').plan([10]).kind, 'relu6')
 * ```
 */
export const activation = (name: ActivationName): Layer<Empty> => {
  checkOptions('activation', { name }, rules)
  return lift((x) => activate(x, name), { kind: name })
}

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

/**
 * Sigmoid linear unit (swish): `y = x / (1 + exp(-x))`, any shape.
 *
 * @see Hendrycks and Gimpel, "Gaussian error linear units" (2016), section 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { silu } from '@resfn/activation'
 *
 * assert.deepEqual([...silu.apply({}, tf.tensor1d([0]), {}).dataSync()], [0])
 * ```
 */
export const silu: Layer<Empty> = activation('silu')

/**
 * Gaussian error linear unit, exact: `y = x / 2 (1 + erf(x / sqrt(2)))`, any shape. `activation('geluTanh')` is the
 * approximation by tanh.
 *
 * @see Hendrycks and Gimpel, "Gaussian error linear units" (2016)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { gelu } from '@resfn/activation'
 *
 * assert.ok(Math.abs(gelu.apply({}, tf.tensor1d([1]), {}).dataSync()[0]! - 0.8413447) < 1e-6)
 * ```
 */
export const gelu: Layer<Empty> = activation('gelu')

/**
 * Piecewise linear sigmoid: `y = min(max(x + 3, 0), 6) / 6`, any shape; the gradient at -3 and 3 is 0.
 *
 * @see Howard et al., "Searching for MobileNetV3" (2019), section 5.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { hardSigmoid } from '@resfn/activation'
 *
 * assert.deepEqual([...hardSigmoid.apply({}, tf.tensor1d([-4, 0, 4]), {}).dataSync()], [0, 0.5, 1])
 * ```
 */
export const hardSigmoid: Layer<Empty> = activation('hardSigmoid')

/**
 * SiLU with the piecewise linear sigmoid: `y = x min(max(x + 3, 0), 6) / 6`, any shape.
 *
 * @see Howard et al., "Searching for MobileNetV3" (2019), section 5.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { hardSwish } from '@resfn/activation'
 *
 * assert.deepEqual([...hardSwish.apply({}, tf.tensor1d([-4, 0, 4]), {}).dataSync()], [-0, 0, 4])
 * ```
 */
export const hardSwish: Layer<Empty> = activation('hardSwish')
