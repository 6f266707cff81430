import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { spread } from '../../values.ts'
import { type GradientCase, unary } from './gradient-case.ts'

type Binary = (a: Tensor, b: Tensor) => Tensor

const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1, 3],
    [1, 4, 1],
  ],
  [[], [2, 2]],
]

const binary = (kernel: string, f: Binary, [low, high]: readonly [number, number] = [-2, 2]): readonly GradientCase[] =>
  pairs.map(([left, right]) => ({
    kernel,
    of: `[${left.join()}] and [${right.join()}]`,
    f: ({ a, b }) => f(a!, b!),
    // Shifted, so that no value of one is within a difference step of one of the other.
    at: () => ({ a: spread(left, low, high), b: spread(right, low + 0.0831, high + 0.0831) }),
  }))

const positive = [0.5, 2] as const

export const elementWise: readonly GradientCase[] = [
  ...binary('Add', tf.add),
  ...binary('Sub', tf.sub),
  ...binary('Multiply', tf.mul),
  ...binary('RealDiv', tf.div, positive),
  ...binary('SquaredDifference', tf.squaredDifference),
  ...binary('Maximum', tf.maximum),
  ...binary('Minimum', tf.minimum),
  ...binary('Pow', tf.pow, positive),
  ...binary('Mod', tf.mod, [1.2, 1.9]),
  ...binary('Atan2', tf.atan2, positive),
  { kernel: 'Pow', of: 'a negative base', f: ({ x }) => tf.pow(x!, 3), at: () => ({ x: spread([2, 3]) }) },
  unary('Neg', tf.neg),
  unary('Square', tf.square),
  unary('Sqrt', tf.sqrt, 0.5, 2),
  unary('Rsqrt', tf.rsqrt, 0.5, 2),
  unary('Reciprocal', tf.reciprocal, 0.5, 2),
  unary('Abs', tf.abs),
  unary('Exp', tf.exp),
  unary('Expm1', tf.expm1),
  unary('Log', tf.log, 0.5, 2),
  unary('Log1p', tf.log1p, -0.5, 2),
  unary('Erf', tf.erf),
  unary('Sin', tf.sin),
  unary('Cos', tf.cos),
  unary('Tan', tf.tan, -1, 1),
  unary('Asin', tf.asin, -0.8, 0.8),
  unary('Acos', tf.acos, -0.8, 0.8),
  unary('Atan', tf.atan),
  unary('Sinh', tf.sinh),
  unary('Cosh', tf.cosh),
  unary('ClipByValue', (x) => tf.clipByValue(x, -1.03, 0.51)),
  unary('Relu', tf.relu),
  unary('Relu6', (x) => tf.relu6(tf.mul(x, 4))),
  unary('Elu', tf.elu),
  unary('Selu', tf.selu),
  unary('LeakyRelu', (x) => tf.leakyRelu(x, 0.3)),
  unary('Sigmoid', tf.sigmoid),
  unary('Tanh', tf.tanh),
  unary('Softplus', tf.softplus),
  unary('Softmax', (x) => tf.softmax(x)),
  unary('LogSoftmax', (x) => tf.logSoftmax(x)),
  {
    kernel: 'Prelu',
    of: 'an alpha a channel',
    f: ({ x, alpha }) => tf.prelu(x!, alpha!),
    at: () => ({ x: spread([2, 3, 4]), alpha: spread([4], 0.1, 0.9) }),
  },
  {
    kernel: 'AddN',
    f: ({ a, b, c }) => tf.addN([a!, b!, c!, a!]),
    at: () => ({ a: spread([3]), b: spread([3], 0, 1), c: spread([3], 2, 4) }),
  },
  {
    kernel: 'Select',
    f: ({ t, e }) => tf.where(tf.tensor1d([1, 0, 1], 'bool'), t!, e!),
    at: () => ({ t: spread([2, 3]), e: spread([3]) }),
  },
]
