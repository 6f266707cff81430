import * as tf from '@tensorflow/tfjs-core'
import type { CorpusCase } from '../corpus-case.ts'
import { noise, runFor } from '../values.ts'

type Pad = 'same' | 'valid' | number

const windows: readonly { readonly size: number; readonly stride: number; readonly pad: Pad }[] = [
  { size: 2, stride: 2, pad: 0 },
  { size: 3, stride: 2, pad: 1 },
  { size: 3, stride: 1, pad: 'same' },
  { size: 3, stride: 3, pad: 'valid' },
]

const attributesOf = ({ size, stride, pad }: (typeof windows)[number]) => ({
  filterSize: [size, size],
  strides: [stride, stride],
  pad,
})

// Of all signs, and where every window is negative.
const largest = (channels: number): CorpusCase => ({
  name: `MaxPool and its gradient, ${channels} channels`,
  compute: () =>
    Object.fromEntries(
      windows.flatMap((window) =>
        [0, -2].flatMap((shift) => {
          const input = tf.add(noise(6, 3, 7, 8, channels), shift)
          const output = runFor('MaxPool', { x: input }, attributesOf(window))
          const dy = noise(7, ...output.shape)
          const name = `size ${window.size}, stride ${window.stride}, pad ${window.pad}, shift ${shift}`
          return [
            [`y, ${name}`, output],
            [`dx, ${name}`, runFor('MaxPoolGrad', { dy, input, output }, attributesOf(window))],
          ]
        }),
      ),
    ),
})

const mean = (channels: number): CorpusCase => ({
  name: `AvgPool and its gradient, ${channels} channels`,
  compute: () =>
    Object.fromEntries(
      windows
        // The gradient of plain JavaScript divides by the whole window at the padding, where its pool does not.
        .filter(({ pad }) => pad === 0 || pad === 'valid')
        .flatMap((window) => {
          const input = noise(6, 3, 7, 8, channels)
          const output = runFor('AvgPool', { x: input }, attributesOf(window))
          const dy = noise(7, ...output.shape)
          const name = `size ${window.size}, stride ${window.stride}`
          return [
            [`y, ${name}`, output],
            [`dx, ${name}`, runFor('AvgPoolGrad', { dy, input }, attributesOf(window))],
          ]
        }),
    ),
})

export const pools: readonly CorpusCase[] = [
  ...[1, 3, 4, 17, 64].map(largest),
  ...[1, 5, 16].map(mean),
  {
    name: 'MaxPoolGrad gives a tie to the first element in row-major order',
    compute: () =>
      Object.fromEntries(
        [1, 4].map((channels) => [
          `${channels} channels`,
          runFor(
            'MaxPoolGrad',
            {
              dy: tf.ones([1, 1, 1, channels]),
              input: tf.fill([1, 2, 2, channels], -1),
              output: tf.fill([1, 1, 1, channels], -1),
            },
            { filterSize: [2, 2], strides: [2, 2], pad: 0 },
          ),
        ]),
      ),
    reference: () =>
      Object.fromEntries(
        [1, 4].map((channels) => [
          `${channels} channels`,
          tf.tensor4d(
            Array.from({ length: 4 * channels }, (_, i) => (i < channels ? 1 : 0)),
            [1, 2, 2, channels],
          ),
        ]),
      ),
  },
  {
    // avgPool is linear: <avgPool(x), dy> = <x, dx>.
    name: 'AvgPoolGrad is the gradient of avgPool with padding too',
    compute: () => {
      const input = noise(1, 2, 5, 5, 4) as tf.Tensor4D
      const dy = noise(2, 2, 3, 3, 4)
      const dx = runFor('AvgPoolGrad', { dy, input }, { filterSize: [3, 3], strides: [2, 2], pad: 1 })
      return { product: tf.sum(tf.mul(input, dx)) }
    },
    reference: () => ({
      product: tf.sum(tf.mul(tf.avgPool(noise(1, 2, 5, 5, 4) as tf.Tensor4D, 3, 2, 1), noise(2, 2, 3, 3, 4))),
    }),
  },
]
