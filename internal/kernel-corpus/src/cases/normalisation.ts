import * as tf from '@tensorflow/tfjs-core'
import { applyGroupNorm } from '@resfn/group-norm'
import { batchNorm, trainBatchNorm } from '@resfn/batch-norm'
import type { CorpusCase } from '../corpus-case.ts'
import { noise, values } from '../values.ts'
import { withGradients } from '../with-gradients.ts'

const inputsOf = (shape: readonly number[]) => {
  const channels = shape.at(-1)!
  return { x: tf.add(noise(1, ...shape), 0.5), weight: noise(2, channels), bias: noise(3, channels) }
}

const batch = (shape: readonly number[]): CorpusCase => ({
  name: `BatchNormTrain and its gradient on [${shape}]`,
  tolerance: 1e-4,
  compute: () => {
    const inputs = inputsOf(shape)
    const { x, weight, bias } = inputs
    const { seen } = trainBatchNorm({ weight, bias }, x)
    const all = withGradients(({ x, weight, bias }) => trainBatchNorm({ weight: weight!, bias: bias! }, x!).y, inputs)
    return { ...all, ...seen }
  },
})

const affine = (shape: readonly number[]): CorpusCase => ({
  name: `batch normalisation by given statistics, and its gradients, on [${shape}]`,
  compute: () => {
    const net = batchNorm()
    const { x, weight, bias } = inputsOf(shape)
    const state = { mean: bias, variance: tf.add(tf.abs(weight), 0.5) }
    return withGradients(({ x, weight, bias }) => net.apply({ weight: weight!, bias: bias! }, x!, state), {
      x,
      weight,
      bias,
    })
  },
})

/** Far from zero, against moments in float64. */
const farFromZero = (centre: number, rows: number, channels: number): CorpusCase => {
  const x = values(rows * channels, 3).map((value) => centre + 0.1 * value)
  const moments = Array.from({ length: channels }, (_, c) => {
    const column = Array.from({ length: rows }, (_, i) => x[i * channels + c]!)
    const mean = column.reduce((sum, value) => sum + value, 0) / rows
    return { mean, variance: column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows }
  })
  return {
    name: `BatchNormTrain of [${rows},${channels}] around ${centre}`,
    // In float32 the mean is right to 6e-5, which is 1e-3 of the deviation.
    tolerance: 3e-3,
    compute: () => {
      const { y, seen } = trainBatchNorm(
        { weight: tf.ones([channels]), bias: tf.zeros([channels]) },
        tf.tensor2d(x, [rows, channels]),
      )
      return { y, ...seen }
    },
    reference: () => ({
      y: tf.tensor2d(
        x.map((value, i) => {
          const { mean, variance } = moments[i % channels]!
          return (value - mean) / Math.sqrt(variance + 1e-5)
        }),
        [rows, channels],
      ),
      mean: tf.tensor1d(moments.map(({ mean }) => mean)),
      // The running variance is the unbiased one.
      variance: tf.tensor1d(moments.map(({ variance }) => (variance * rows) / (rows - 1))),
    }),
  }
}

const group = (shape: readonly number[], groups: number): CorpusCase => ({
  name: `GroupNorm of ${groups} groups and its gradient on [${shape}]`,
  tolerance: 1e-4,
  compute: () =>
    withGradients(
      ({ x, weight, bias }) => applyGroupNorm({ weight: weight!, bias: bias! }, x!, { groups }),
      inputsOf(shape),
    ),
})

export const normalisation: readonly CorpusCase[] = [
  ...[
    [2, 3, 5, 1],
    [3, 7, 5, 16],
    [1, 9, 9, 17],
    [40, 12, 12, 64],
    [33, 20],
    [1, 2, 1, 3],
    [2, 1, 1, 4],
  ].flatMap((shape) => [batch(shape), affine(shape)]),
  ...[1, 3, 4, 7, 8, 9, 16, 33, 64].map((channels) => farFromZero(1000, 4 * 33 * 29, channels)),
  group([3, 7, 5, 16], 4),
  group([2, 3, 5, 6], 1),
  group([2, 3, 5, 6], 6),
  group([5, 12], 3),
]
