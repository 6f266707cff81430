import * as tf from '@tensorflow/tfjs-core'
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core'
import { binary, fromInput, fromOutput, fromShapes, linear, linearBinary } from './config.ts'

const mask = (condition: Tensor): Tensor => tf.cast(condition, 'float32')

/** Arithmetic of two inputs, with broadcasting. */
export const binaries: readonly GradConfig[] = [
  linearBinary(
    'Add',
    (dy) => dy,
    (dy) => dy,
  ),
  linearBinary(
    'Sub',
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  binary(
    'Multiply',
    (dy, _, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  binary(
    'RealDiv',
    (dy, _, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ),
  binary(
    'SquaredDifference',
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
  ),
  // A tie counts for `a`, so that the two gradients always add up to dy.
  binary(
    'Maximum',
    (dy, a, b) => tf.mul(dy, mask(tf.greaterEqual(a, b))),
    (dy, a, b) => tf.mul(dy, mask(tf.less(a, b))),
  ),
  binary(
    'Minimum',
    (dy, a, b) => tf.mul(dy, mask(tf.lessEqual(a, b))),
    (dy, a, b) => tf.mul(dy, mask(tf.greater(a, b))),
  ),
  binary(
    'Pow',
    // x^0 is the constant 1, at x = 0 too, where 0 x^-1 is not a number.
    (dy, a, b) => tf.mul(dy, tf.where(tf.equal(b, 0), 0, tf.mul(b, tf.pow(a, tf.sub(b, 1))))),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.pow(a, b), tf.where(tf.greater(a, 0), tf.log(a), 0))),
  ),
  binary(
    'Mod',
    (dy) => dy,
    (dy, a, b) => tf.neg(tf.mul(dy, tf.floor(tf.div(a, b)))),
  ),
  binary(
    'Atan2',
    (dy, a, b) => tf.div(tf.mul(dy, b), tf.add(tf.square(a), tf.square(b))),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.add(tf.square(a), tf.square(b)))),
  ),
]

/** Elementary functions of one input. */
export const unaries: readonly GradConfig[] = [
  linear('Neg', (dy) => tf.neg(dy)),
  fromInput('Square', (dy, x) => tf.mul(dy, tf.mul(2, x))),
  fromOutput('Sqrt', (dy, y) => tf.div(dy, tf.mul(2, y))),
  fromOutput('Rsqrt', (dy, y) => tf.mul(dy, tf.mul(-0.5, tf.mul(y, tf.square(y))))),
  fromOutput('Reciprocal', (dy, y) => tf.neg(tf.mul(dy, tf.square(y)))),
  fromInput('Abs', (dy, x) => tf.mul(dy, tf.sign(x))),
  fromOutput('Exp', (dy, y) => tf.mul(dy, y)),
  fromOutput('Expm1', (dy, y) => tf.mul(dy, tf.add(y, 1))),
  fromInput('Log', (dy, x) => tf.div(dy, x)),
  fromInput('Log1p', (dy, x) => tf.div(dy, tf.add(x, 1))),
  fromInput('Erf', (dy, x) => tf.mul(dy, tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x)))))),
  fromInput('Sin', (dy, x) => tf.mul(dy, tf.cos(x))),
  fromInput('Cos', (dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  fromOutput('Tan', (dy, y) => tf.mul(dy, tf.add(1, tf.square(y)))),
  fromInput('Asin', (dy, x) => tf.div(dy, tf.sqrt(tf.sub(1, tf.square(x))))),
  fromInput('Acos', (dy, x) => tf.neg(tf.div(dy, tf.sqrt(tf.sub(1, tf.square(x)))))),
  fromInput('Atan', (dy, x) => tf.div(dy, tf.add(1, tf.square(x)))),
  fromInput('Sinh', (dy, x) => tf.mul(dy, tf.cosh(x))),
  fromInput('Cosh', (dy, x) => tf.mul(dy, tf.sinh(x))),
  fromInput<{ readonly clipValueMin: number; readonly clipValueMax: number }>(
    'ClipByValue',
    (dy, x, { clipValueMin, clipValueMax }) =>
      tf.mul(dy, mask(tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax)))),
  ),
]

/** A sum of any number of tensors, and a choice between two. */
export const choices: readonly GradConfig[] = [
  fromShapes('AddN', (dy, shapes) => shapes.map(() => () => tf.clone(dy))),
  {
    kernelName: 'Select',
    inputsToSave: ['condition'],
    gradFunc: (dy, saved) => {
      const condition = saved[0]!
      return {
        condition: () => tf.zeros(condition.shape),
        t: () => tf.where(condition, dy as Tensor, 0),
        e: () => tf.where(condition, 0, dy as Tensor),
      }
    },
  },
]
