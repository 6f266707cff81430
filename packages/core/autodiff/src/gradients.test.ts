import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { type BackendName, checkGradients, describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { it } from 'vitest'
import { valueAndGradient } from './value-and-gradient.ts'

type Params = { readonly [name: string]: Tensor }
type Case = {
  readonly kernel: string
  readonly of?: string
  readonly f: (params: Params) => Tensor
  readonly at: () => Params
  readonly without?: readonly BackendName[]
  readonly step?: number
}

/** Values that are distinct, not at kinks and the same everywhere: a low-discrepancy sequence over [low, high]. */
const spread = (shape: readonly number[], low = -2, high = 2): Tensor => {
  const size = shape.reduce((product, n) => product * n, 1)
  return tf.tensor(
    Array.from({ length: size }, (_, i) => low + (high - low) * ((0.37 + (i + 1) * 0.6180339887498949) % 1)),
    [...shape],
  )
}

/**
 * A scalar of a tensor with a different weight for each value, so that no permutation or scaling of a gradient goes
 * unseen.
 */
const weighed = (y: Tensor): Tensor => tf.sum(tf.mul(y, spread(y.shape, 0.5, 1.5)))

const unary = (kernel: string, f: (x: Tensor) => Tensor, low = -2, high = 2): Case => ({
  kernel,
  f: ({ x }) => f(x!),
  at: () => ({ x: spread([2, 5], low, high) }),
})

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

const binary = (kernel: string, f: Binary, [low, high]: readonly [number, number] = [-2, 2]): readonly Case[] =>
  pairs.map(([left, right]) => ({
    kernel,
    of: `[${left.join()}] and [${right.join()}]`,
    f: ({ a, b }) => f(a!, b!),
    // Shifted, so that no value of one is within a difference step of one of the other.
    at: () => ({ a: spread(left, low, high), b: spread(right, low + 0.0831, high + 0.0831) }),
  }))

const positive = [0.5, 2] as const
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

const convolutions: readonly Case[] = settings.stride.flatMap((stride) =>
  settings.pad.flatMap((pad): Case[] => [
    {
      kernel: 'Conv2D',
      of: `stride ${stride}, pad ${JSON.stringify(pad)}`,
      f: ({ x, filter }) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad as 'same'),
      at: conv([2, 5, 6, 2], [3, 2, 2, 3]),
    },
    ...[2, 3].map((width): Case => ({
      kernel: 'DepthwiseConv2dNative',
      of: `filter 3x${width}, stride ${stride}, pad ${JSON.stringify(pad)}`,
      f: ({ x, filter }) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad as 'same'),
      at: conv([2, 5, 5, 2], [3, width, 2, 2]),
    })),
  ]),
)

const pools: readonly Case[] = settings.stride.flatMap((stride) =>
  settings.pad.flatMap((pad) =>
    (['MaxPool', 'AvgPool'] as const).map((kernel): Case => ({
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
const resizes: readonly Case[] = sizes.flatMap((size) =>
  [
    [false, false],
    [true, false],
    [false, true],
  ].flatMap(([align, half]) =>
    [tf.image.resizeBilinear, tf.image.resizeNearestNeighbor].map((resize, i): Case => ({
      kernel: i === 0 ? 'ResizeBilinear' : 'ResizeNearestNeighbor',
      of: `to ${size.join(' by ')}${align ? ', corners aligned' : ''}${half ? ', half-pixel centres' : ''}`,
      f: ({ x }) => resize(x as tf.Tensor4D, [...size], align, half),
      at: () => ({ x: spread([2, 4, 3, 2]) }),
    })),
  ),
)

const products: readonly Case[] = [false, true].flatMap((left) =>
  [false, true].flatMap((right) =>
    ([[], [2], [2, 3]] as const).map((batch): Case => ({
      kernel: 'BatchMatMul',
      of: `${left ? 'aT' : 'a'} ${right ? 'bT' : 'b'}, batch [${batch.join()}]`,
      f: ({ a, b }) => tf.matMul(a!, b!, left, right),
      // b has no batch in the last case, so that it broadcasts.
      at: () => ({
        a: spread([...batch, ...(left ? [4, 2] : [2, 4])]),
        b: spread([...(batch.length === 2 ? [1, 1] : batch), ...(right ? [3, 4] : [4, 3])]),
      }),
    })),
  ),
)

const reductions: readonly Case[] = ([undefined, 0, -1, [0, 2]] as readonly (number | number[] | undefined)[]).flatMap(
  (axis) =>
    [false, true].flatMap((keep) =>
      (
        [
          ['Sum', tf.sum],
          ['Mean', tf.mean],
          ['Max', tf.max],
          ['Min', tf.min],
          ['Prod', tf.prod],
        ] as const
      ).map(([kernel, reduce]): Case => ({
        kernel,
        of: `axis ${JSON.stringify(axis)}${keep ? ', kept' : ''}`,
        f: ({ x }) => reduce(x!, axis as number, keep),
        at: () => ({ x: spread([2, 3, 2]) }),
      })),
    ),
)

const cases: readonly Case[] = [
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
  ...reductions,
  ...[0, 1].flatMap((axis) =>
    [false, true].flatMap((exclusive) =>
      [false, true].map((reverse): Case => ({
        kernel: 'Cumsum',
        of: `axis ${axis}, exclusive ${exclusive}, reverse ${reverse}`,
        f: ({ x }) => tf.cumsum(x!, axis, exclusive, reverse),
        at: () => ({ x: spread([3, 4]) }),
      })),
    ),
  ),
  unary('Identity', tf.clone),
  unary('Cast', (x) => tf.cast(x, 'float32')),
  unary('Reshape', (x) => tf.reshape(x, [5, 2])),
  unary('ExpandDims', (x) => tf.expandDims(x, 1)),
  unary('Reverse', (x) => tf.reverse(x, 1)),
  { kernel: 'Transpose', f: ({ x }) => tf.transpose(x!, [2, 0, 1]), at: () => ({ x: spread([2, 3, 4]) }) },
  { kernel: 'Tile', f: ({ x }) => tf.tile(x!, [2, 1, 3]), at: () => ({ x: spread([2, 3, 2]) }) },
  { kernel: 'Tile', of: 'broadcastTo', f: ({ x }) => tf.broadcastTo(x!, [4, 2, 3]), at: () => ({ x: spread([2, 1]) }) },
  {
    kernel: 'PadV2',
    f: ({ x }) =>
      tf.pad(
        x!,
        [
          [1, 2],
          [0, 1],
        ],
        7,
      ),
    at: () => ({ x: spread([2, 3]) }),
  },
  {
    kernel: 'MirrorPad',
    of: 'reflect',
    f: ({ x }) =>
      tf.mirrorPad(
        x!,
        [
          [2, 1],
          [0, 3],
        ],
        'reflect',
      ),
    at: () => ({ x: spread([3, 4]) }),
  },
  {
    kernel: 'MirrorPad',
    of: 'symmetric',
    f: ({ x }) =>
      tf.mirrorPad(
        x!,
        [
          [2, 1],
          [0, 4],
        ],
        'symmetric',
      ),
    at: () => ({ x: spread([3, 4]) }),
  },
  { kernel: 'Slice', f: ({ x }) => tf.slice(x!, [1, 0], [-1, 2]), at: () => ({ x: spread([3, 4]) }) },
  {
    kernel: 'StridedSlice',
    of: 'forward and backward',
    f: ({ x }) => tf.stridedSlice(x!, [1, 4], [6, 0], [2, -3]),
    at: () => ({ x: spread([7, 5]) }),
  },
  {
    kernel: 'StridedSlice',
    of: 'with masks',
    f: ({ x }) => tf.stridedSlice(x!, [1, 3, 1], [3, 4, 4], [1, 2, 1], 2, 2),
    at: () => ({ x: spread([3, 5, 4]) }),
  },
  {
    kernel: 'Concat',
    f: ({ a, b }) => tf.concat([a!, b!, a!], -1),
    at: () => ({ a: spread([2, 3]), b: spread([2, 1]) }),
  },
  {
    kernel: 'Pack',
    f: ({ a, b }) => tf.stack([a!, b!], 1),
    at: () => ({ a: spread([2, 3]), b: spread([2, 3], 0, 1) }),
  },
  {
    kernel: 'Unpack',
    f: ({ x }) => {
      const [a, , c] = tf.unstack(x!, 1)
      return tf.mul(a!, c!)
    },
    at: () => ({ x: spread([2, 3]) }),
  },
  { kernel: 'Unpack', of: 'one part', f: ({ x }) => tf.unstack(x!, 1)[0]!, at: () => ({ x: spread([2, 1]) }) },
  {
    kernel: 'SplitV',
    f: ({ x }) => {
      const [a, b] = tf.split(x!, [1, 2], 1)
      return tf.mul(a!, b!)
    },
    at: () => ({ x: spread([2, 3]) }),
  },
  {
    kernel: 'GatherV2',
    of: 'rows taken twice',
    f: ({ x }) =>
      tf.gather(
        x!,
        tf.tensor2d(
          [
            [2, 0],
            [2, 1],
          ],
          [2, 2],
          'int32',
        ),
        1,
      ),
    at: () => ({ x: spread([2, 3, 2]) }),
  },
  {
    kernel: 'GatherV2',
    of: 'a batch axis',
    f: ({ x }) =>
      tf.gather(
        x!,
        tf.tensor2d(
          [
            [2, 0],
            [1, 1],
          ],
          [2, 2],
          'int32',
        ),
        1,
        1,
      ),
    at: () => ({ x: spread([2, 3, 2]) }),
    without: ['wasm'],
  },
  {
    kernel: 'SpaceToBatchND',
    f: ({ x }) =>
      tf.spaceToBatchND(
        x!,
        [2, 2],
        [
          [0, 0],
          [1, 1],
        ],
      ),
    at: () => ({ x: spread([1, 2, 4, 2]) }),
  },
  {
    kernel: 'BatchToSpaceND',
    f: ({ x }) =>
      tf.batchToSpaceND(
        x!,
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
    at: () => ({ x: spread([4, 2, 2, 1]) }),
  },
  ...products,
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
    without: ['wasm'],
  },
  {
    kernel: 'Conv2D',
    of: 'NCHW',
    f: ({ x, filter }) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 1, 'NCHW'),
    at: conv([1, 2, 5, 4], [3, 3, 2, 2]),
    without: ['wasm'],
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
    without: ['wasm'],
  },
  {
    kernel: 'MaxPool',
    of: 'rounding up',
    f: ({ x }) => tf.maxPool(x as tf.Tensor4D, 3, 2, 0, 'ceil'),
    at: () => ({ x: spread([1, 6, 6, 2]) }),
    without: ['wasm'],
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

const title = ({ kernel, of }: Case): string => (of === undefined ? kernel : `${kernel}, ${of}`)

describeBackends('the gradient', (backend) => {
  it.each(cases.filter(({ without }) => without?.includes(backend) !== true).map((one) => [title(one), one] as const))(
    'of %s agrees with finite differences and leaks nothing',
    (_, { f, at, step = 1e-2 }) => {
      const params = at()
      const loss = (p: Params): Tensor => weighed(f(p))
      const differentiated = valueAndGradient((p: Params) => ({ loss: loss(p), aux: {} }))
      checkGradients(loss, params, differentiated(params).gradients, { step, tolerance: 2e-2 })
      expectNoLeak(() => tf.tidy(() => void differentiated(params)))
    },
  )
})

describeBackends('the gradient at a point where differences do not help', () => {
  const slope = (f: (x: Tensor) => Tensor, at: readonly number[]): Tensor =>
    valueAndGradient((x: Tensor) => ({ loss: tf.sum(f(x)), aux: {} }))(tf.tensor1d([...at])).gradients

  it('is shared evenly by equal largest or smallest values', () => {
    expectClose(slope(tf.max, [1, 3, 3, 2]), [0, 0.5, 0.5, 0])
    expectClose(slope(tf.min, [1, 3, 1, 1]), [1 / 3, 0, 1 / 3, 1 / 3])
  })

  it('adds up to one over the two sides of maximum and minimum', () => {
    for (const choose of [tf.maximum, tf.minimum]) {
      const { gradients } = valueAndGradient(({ a, b }: { a: Tensor; b: Tensor }) => ({
        loss: tf.sum(choose(a, b)),
        aux: {},
      }))({ a: tf.scalar(2), b: tf.scalar(2) })
      expectClose(tf.add(gradients.a, gradients.b), [1])
    }
  })

  it('of a product with zeros is the product of the others', () => {
    expectClose(slope(tf.prod, [2, 0, 5]), [0, 10, 0])
    expectClose(slope(tf.prod, [0, 0, 5]), [0, 0, 0])
  })

  it('is zero for activations at the kink and below', () => {
    expectClose(slope(tf.relu, [-1, 0, 1]), [0, 0, 1])
    expectClose(slope(tf.relu6, [-1, 0, 3, 6, 7]), [0, 0, 1, 0, 0])
    expectClose(slope(tf.abs, [-2, 0, 2]), [-1, 0, 1])
  })

  it('of a power is finite at zero', () => {
    expectClose(
      slope((x) => tf.pow(x, 0), [0, 2]),
      [0, 0],
    )
    expectClose(
      slope((x) => tf.pow(x, 2), [0, -3]),
      [0, -6],
    )
    expectClose(
      slope((x) => tf.pow(tf.scalar(0), x), [2]),
      [0],
    )
  })

  it('is zero through comparisons, rounding and choices of an index', () => {
    for (const f of [tf.step, tf.floor, tf.ceil, tf.round, tf.sign, tf.zerosLike, tf.onesLike])
      expectClose(
        slope((x) => tf.mul(x, f(x)), [0.3, 1.7]),
        f(tf.tensor1d([0.3, 1.7])),
      )
    for (const f of [tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.equal, tf.notEqual])
      expectClose(
        slope((x) => tf.mul(x, tf.cast(f(x, 1), 'float32')), [0.3, 1.7]),
        f(tf.tensor1d([0.3, 1.7]), 1),
      )
    expectClose(
      slope((x) => tf.add(x, tf.cast(tf.argMax(x), 'float32')), [0.3, 1.7]),
      [1, 1],
    )
    expectClose(
      slope((x) => tf.where(tf.greater(x, 1), tf.square(x), 0), [0.3, 1.7]),
      [0, 3.4],
    )
  })

  it('of a gradient is the second derivative, through activations and convolutions', () => {
    type Conv = { readonly x: Tensor; readonly filter: Tensor }
    const inner = valueAndGradient(({ x, filter }: Conv) => ({
      loss: tf.sum(tf.square(tf.relu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 1)))),
      aux: {},
    }))
    const penalty = (params: Conv): Tensor => {
      const { x, filter } = inner(params).gradients
      return tf.add(weighed(tf.square(x)), weighed(tf.square(filter)))
    }
    const params = { x: spread([1, 4, 4, 2], 0.2, 1), filter: spread([3, 3, 2, 2], 0.1, 0.5) }
    checkGradients(penalty, params, valueAndGradient((p: Conv) => ({ loss: penalty(p), aux: {} }))(params).gradients)
    expectNoLeak(() => tf.tidy(() => void valueAndGradient((p: Conv) => ({ loss: penalty(p), aux: {} }))(params)))
  })
})
