import * as tf from '@tensorflow/tfjs-core'
import { spread } from '../../values.ts'
import type { GradientCase } from './gradient-case.ts'

const conv = (shape: readonly number[], filter: readonly number[]) => () => ({
  x: spread(shape),
  filter: spread(filter, -1, 1),
})
const settings = {
  stride: [1, 2],
  pad: [
    'valid',
    'same',
    1,
    [
      [0, 0],
      [2, 1],
      [0, 1],
      [0, 0],
    ],
  ],
} as const

const convolutions: readonly GradientCase[] = settings.stride.flatMap((stride) =>
  settings.pad.flatMap((pad): GradientCase[] => [
    {
      kernel: 'Conv2D',
      of: `stride ${stride}, pad ${JSON.stringify(pad)}`,
      f: ({ x, filter }) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad as 'same'),
      at: conv([2, 5, 6, 2], [3, 2, 2, 3]),
    },
    ...[2, 3].map((width): GradientCase => ({
      kernel: 'DepthwiseConv2dNative',
      of: `filter 3x${width}, stride ${stride}, pad ${JSON.stringify(pad)}`,
      f: ({ x, filter }) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad as 'same'),
      at: conv([2, 5, 5, 2], [3, width, 2, 2]),
    })),
  ]),
)

const pools: readonly GradientCase[] = settings.stride.flatMap((stride) =>
  settings.pad.flatMap((pad) =>
    (['MaxPool', 'AvgPool'] as const).map((kernel): GradientCase => ({
      kernel,
      of: `stride ${stride}, pad ${JSON.stringify(pad)}`,
      f: ({ x }) => (kernel === 'MaxPool' ? tf.maxPool : tf.avgPool)(x as tf.Tensor4D, 3, stride, pad as 'same'),
      at: () => ({ x: spread([2, 6, 5, 2]) }),
    })),
  ),
)

const sizes = [
  [7, 5],
  [2, 3],
  [1, 1],
] as const
const resizes: readonly GradientCase[] = sizes.flatMap((size) =>
  [
    [false, false],
    [true, false],
    [false, true],
  ].flatMap(([align, half]) =>
    [tf.image.resizeBilinear, tf.image.resizeNearestNeighbor].map((resize, i): GradientCase => ({
      kernel: i === 0 ? 'ResizeBilinear' : 'ResizeNearestNeighbor',
      of: `to ${size.join(' by ')}${align ? ', corners aligned' : ''}${half ? ', half-pixel centres' : ''}`,
      f: ({ x }) => resize(x as tf.Tensor4D, [...size], align, half),
      at: () => ({ x: spread([2, 4, 3, 2]) }),
    })),
  ),
)

export const images: readonly GradientCase[] = [
  ...convolutions,
  {
    kernel: 'Conv2D',
    of: 'dilation 2 by 3',
    f: ({ x, filter }) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same', 'NHWC', [2, 3]),
    at: conv([1, 6, 7, 2], [3, 2, 2, 3]),
  },
  {
    kernel: 'Conv2D',
    of: 'rounding up',
    f: ({ x, filter }) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 0, 'NHWC', 1, 'ceil'),
    at: conv([1, 6, 6, 2], [3, 3, 2, 2]),
  },
  {
    kernel: 'Conv2D',
    of: 'NCHW',
    f: ({ x, filter }) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 1, 'NCHW'),
    at: conv([1, 2, 5, 4], [3, 3, 2, 2]),
  },
  {
    kernel: 'DepthwiseConv2dNative',
    of: 'one output channel for each input channel',
    f: ({ x, filter }) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same'),
    at: conv([2, 5, 6, 4], [3, 3, 4, 1]),
  },
  {
    kernel: 'DepthwiseConv2dNative',
    of: 'a stride larger than the filter',
    f: ({ x, filter }) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 3, 'valid'),
    at: conv([1, 6, 7, 3], [2, 2, 3, 1]),
  },
  {
    kernel: 'DepthwiseConv2dNative',
    of: 'dilation 2',
    f: ({ x, filter }) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same', 'NHWC', 2),
    at: conv([1, 6, 7, 2], [3, 3, 2, 2]),
  },
  {
    kernel: 'Conv2DBackpropInput',
    of: 'a transposed convolution',
    f: ({ x, filter }) => tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [1, 6, 6, 2], 2, 'same'),
    at: conv([1, 3, 3, 3], [3, 3, 2, 3]),
  },
  ...pools,
  {
    kernel: 'AvgPool',
    of: 'rounding up',
    f: ({ x }) => tf.avgPool(x as tf.Tensor4D, 3, 2, 0, 'ceil'),
    at: () => ({ x: spread([1, 6, 6, 2]) }),
  },
  {
    kernel: 'MaxPool',
    of: 'rounding up',
    f: ({ x }) => tf.maxPool(x as tf.Tensor4D, 3, 2, 0, 'ceil'),
    at: () => ({ x: spread([1, 6, 6, 2]) }),
  },
  ...resizes,
  {
    kernel: 'FusedBatchNorm',
    of: 'neither scale nor offset',
    f: ({ x, mean, variance }) =>
      tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D, undefined, undefined, 1e-3),
    at: () => ({ x: spread([2, 3, 3, 4]), mean: spread([4]), variance: spread([4], 0.5, 2) }),
  },
  {
    kernel: 'FusedBatchNorm',
    f: ({ x, mean, variance, offset, scale }) =>
      tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, 1e-3),
    at: () => ({
      x: spread([2, 3, 3, 4]),
      mean: spread([4]),
      variance: spread([4], 0.5, 2),
      offset: spread([4], 0, 1),
      scale: spread([4], 1, 2),
    }),
  },
]
