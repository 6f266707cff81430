import * as tf from '@tensorflow/tfjs-core'
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core'
import { type Contracted, definePrimitive } from '@resfn/primitive'
import { fromInput, fromOutput, sumTo } from './config.ts'

/** `dy` where the output of a ReLU is positive, else 0; a primitive because a backend can do it in one pass. */
const reluGrad: Contracted<'ReluGrad'> = definePrimitive({
  name: 'ReluGrad',
  composed: ({ dy, y }) => [tf.mul(dy, tf.step(y))],
  saves: { inputs: ['y'], outputs: [] },
  gradient: ([ddx], { inputs: { y } }) => ({ dy: tf.mul(ddx, tf.step(y)), y: tf.zerosLike(y) }),
})

const selu = { scale: 1.0507009873554805, alpha: 1.6732632423543772 }

/** Activations; from the output where it tells enough, so that the input need not be kept. */
export const activations: readonly GradConfig[] = [
  fromOutput('Relu', (dy, y) => reluGrad({ dy, y }, {})[0]),
  fromOutput('Relu6', (dy, y) => tf.mul(dy, tf.mul(tf.step(y), tf.step(tf.sub(6, y))))),
  fromOutput('Elu', (dy, y) => tf.mul(dy, tf.add(1, tf.minimum(y, 0)))),
  fromInput('Selu', (dy, x) =>
    tf.mul(dy, tf.where(tf.greater(x, 0), selu.scale, tf.mul(selu.scale * selu.alpha, tf.exp(x)))),
  ),
  fromInput<{ readonly alpha: number }>('LeakyRelu', (dy, x, { alpha }) => tf.mul(dy, tf.step(x, alpha))),
  {
    kernelName: 'Prelu',
    inputsToSave: ['x', 'alpha'],
    gradFunc: (dy, saved) => {
      const [x, alpha] = saved as [Tensor, Tensor]
      const positive = tf.greater(x, 0)
      return {
        x: () => tf.where(positive, dy as Tensor, tf.mul(dy as Tensor, alpha)),
        alpha: () => sumTo(tf.where(positive, 0, tf.mul(dy as Tensor, x)), alpha.shape),
      }
    },
  },
  fromOutput('Sigmoid', (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  fromOutput('Tanh', (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  fromInput('Softplus', (dy, x) => tf.mul(dy, tf.sigmoid(x))),
  fromOutput<{ readonly dim: number }>(
    'Softmax',
    (dy, y, { dim }) => {
      const weighted = tf.mul(dy, y)
      return tf.sub(weighted, tf.mul(tf.sum(weighted, dim, true), y))
    },
    'logits',
  ),
  fromOutput<{ readonly axis: number }>(
    'LogSoftmax',
    (dy, y, { axis }) => tf.sub(dy, tf.mul(tf.sum(dy, axis, true), tf.exp(y))),
    'logits',
  ),
]
