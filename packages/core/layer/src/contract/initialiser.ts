import { type Key, normal as drawNormal, truncatedNormal as drawTruncated, uniform as drawUniform } from '@resfn/random'
import { type Shape, sizeOf } from './shape.ts'

/** Draws the first values of a parameter: a pure function of its key and shape. */
export type Initialiser = (key: Key, shape: Shape) => Float32Array

/**
 * The fans of a weight `[...filter, in, out]`: positions of the filter times input channels, and times output channels.
 */
const fans = (shape: Shape): { readonly in: number; readonly out: number } => {
  const positions = sizeOf(shape.slice(0, -2))
  return { in: positions * (shape.at(-2) ?? 1), out: positions * (shape.at(-1) ?? 1) }
}

// In place, because a net has tens of millions of values and nobody else holds these.
const times = (values: Float32Array, by: number): Float32Array => {
  for (let i = 0; i < values.length; i++) values[i]! *= by
  return values
}

/**
 * Every value is `value`.
 *
 * @param value the constant
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { constant } from '@resfn/layer'
 *
 * assert.deepEqual([...constant(1)([0, 0], [2])], [1, 1])
 * ```
 */
export const constant =
  (value: number): Initialiser =>
  (_, shape) =>
    new Float32Array(sizeOf(shape)).fill(value)

/**
 * Zeros: the bias of batch normalisation, the last batch-norm weight of a residual branch that starts as the identity.
 */
export const zeros: Initialiser = constant(0)

/** Ones: the weight of batch normalisation. */
export const ones: Initialiser = constant(1)

/**
 * Normal with mean 0 and the given standard deviation.
 *
 * @param deviation the standard deviation
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { normal } from '@resfn/layer'
 *
 * const weight = normal(0.01)([0, 1], [784, 10])
 * const deviation = Math.sqrt(weight.reduce((sum, w) => sum + w * w, 0) / weight.length)
 * assert.ok(Math.abs(deviation / 0.01 - 1) < 0.03)
 * ```
 */
export const normal =
  (deviation: number): Initialiser =>
  (key, shape) =>
    times(drawNormal(key, sizeOf(shape)), deviation)

/**
 * Normal with mean 0 and the given standard deviation, restricted to two deviations on either side. The restriction
 * makes the deviation of the draws 0.88 times the given one.
 *
 * @param deviation the standard deviation of the normal distribution
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { truncatedNormal } from '@resfn/layer'
 *
 * assert.ok(truncatedNormal(0.02)([0, 1], [784, 10]).every((w) => Math.abs(w) <= 0.0401))
 * ```
 */
export const truncatedNormal =
  (deviation: number): Initialiser =>
  (key, shape) =>
    times(drawTruncated(key, sizeOf(shape)), deviation)

/**
 * Uniform on [-bound, bound).
 *
 * @param bound the largest magnitude
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { uniform } from '@resfn/layer'
 *
 * assert.ok(uniform(0.1)([0, 1], [784, 10]).every((w) => w >= -0.1001 && w < 0.1))
 * ```
 */
export const uniform =
  (bound: number): Initialiser =>
  (key, shape) =>
    drawUniform(key, sizeOf(shape), { low: -bound, high: bound })

/**
 * Kaiming (He) normal for ReLU: deviation `sqrt(2 / fan)`, with the fan of the outputs (torchvision's ResNet) or of the
 * inputs.
 *
 * @param fan `'out'` or `'in'`
 * @see He et al., "Delving deep into rectifiers" (2015), section 2.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { kaimingNormal } from '@resfn/layer'
 *
 * const weight = kaimingNormal('in')([0, 1], [3, 3, 64, 64])
 * const deviation = Math.sqrt(weight.reduce((sum, w) => sum + w * w, 0) / weight.length)
 * assert.ok(Math.abs(deviation / Math.sqrt(2 / 576) - 1) < 0.02)
 * ```
 */
export const kaimingNormal =
  (fan: 'in' | 'out'): Initialiser =>
  (key, shape) =>
    normal(Math.sqrt(2 / fans(shape)[fan]))(key, shape)

/**
 * Xavier (Glorot) uniform: bound `sqrt(6 / (fan in + fan out))`.
 *
 * @see Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), section
 * 4.2.1
 */
export const xavierUniform: Initialiser = (key, shape) => {
  const fan = fans(shape)
  return uniform(Math.sqrt(6 / (fan.in + fan.out)))(key, shape)
}

/** PyTorch's default for convolutions and linear layers: uniform with bound `1 / sqrt(fan in)`. */
export const fanInUniform: Initialiser = (key, shape) => uniform(1 / Math.sqrt(fans(shape).in))(key, shape)
