import * as tf from '@tensorflow/tfjs-core'
import type { GradConfig, Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { dilateFilter, poolInfo, type PoolSettings, undilateFilter } from '@resfn/primitive'
import { fromInput, fromShape, run, sumTo } from './config.ts'

type Pair = readonly [number, number]

const pair = (value: number | Pair): Pair => (typeof value === 'number' ? [value, value] : value)

/**
 * A convolution, dense or depthwise, through the two backprop kernels of the backend, also where it is dilated, which
 * they cannot do.
 */
const convolution = (kernelName: 'Conv2D' | 'DepthwiseConv2dNative'): GradConfig => ({
  kernelName,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, settings) => {
    const [x, filter] = saved as [Tensor, Tensor]
    const dilations = pair(settings['dilations'] as number | Pair)
    const plain = { ...settings, dilations: [1, 1] }
    const wideShape = [
      (filter.shape[0]! - 1) * dilations[0] + 1,
      (filter.shape[1]! - 1) * dilations[1] + 1,
      filter.shape[2]!,
      filter.shape[3]!,
    ]
    return {
      x: () =>
        run(
          `${kernelName}BackpropInput`,
          { dy: dy as Tensor, filter: dilateFilter(filter, dilations) },
          { ...plain, inputShape: x.shape },
        ),
      filter: () =>
        undilateFilter(
          run(`${kernelName}BackpropFilter`, { x, dy: dy as Tensor }, { ...plain, filterShape: wideShape }),
          filter.shape,
          dilations,
        ),
    }
  },
})

/** How far the windows reach over each edge of the input. */
const edges = ({
  inHeight,
  inWidth,
  outHeight,
  outWidth,
  strideHeight,
  strideWidth,
  filterHeight,
  filterWidth,
  padInfo: { top, left },
}: tf.backend_util.Conv2DInfo) => ({
  top,
  bottom: Math.max(0, (outHeight - 1) * strideHeight + filterHeight - inHeight - top),
  left,
  right: Math.max(0, (outWidth - 1) * strideWidth + filterWidth - inWidth - left),
})

/** How many cells of the input each window along one axis covers. */
const covered = (windows: number, stride: number, size: number, before: number, input: number): readonly number[] =>
  Array.from(
    { length: windows },
    (_, i) => Math.min(i * stride - before + size, input) - Math.max(i * stride - before, 0),
  )

const maxPool: GradConfig = {
  kernelName: 'MaxPool',
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, settings) => {
    const [input, output] = saved as [Tensor, Tensor]
    const inputs = { dy: dy as Tensor, input, output }
    const pool = settings as unknown as PoolSettings
    if (pool.dimRoundingMode == null || pool.dimRoundingMode === 'floor')
      return { x: () => run('MaxPoolGrad', inputs, pool) }
    // Some backends' kernels ignore the rounding, so it is written out as padding.
    const { top, bottom, left, right } = edges(poolInfo(input.shape, pool))
    const { filterSize, strides } = pool
    return {
      x: () =>
        run('MaxPoolGrad', inputs, {
          filterSize,
          strides,
          pad: [
            [0, 0],
            [top, bottom],
            [left, right],
            [0, 0],
          ],
        }),
    }
  },
}

// The forward pass divides by the cells of a window that are not padding, the backends' gradient kernels not all by the
// same. So each window's share is corrected here, and the kernel sees an input that was padded before.
const avgPool = fromInput<PoolSettings>('AvgPool', (dy, x, settings) => {
  const info = poolInfo(x.shape, settings)
  const { top, bottom, left, right } = edges(info)
  if (top + bottom + left + right === 0) return run('AvgPoolGrad', { dy, input: x }, settings)
  const rows = covered(info.outHeight, info.strideHeight, info.filterHeight, top, info.inHeight)
  const columns = covered(info.outWidth, info.strideWidth, info.filterWidth, left, info.inWidth)
  const whole = info.filterHeight * info.filterWidth
  const shares = rows.flatMap((height) => columns.map((width) => whole / (height * width)))
  const shared = tf.mul(dy, tf.tensor(shares, [1, rows.length, columns.length, 1]))
  const input = tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ])
  const padded = run(
    'AvgPoolGrad',
    { dy: shared, input },
    { filterSize: settings.filterSize, strides: settings.strides, pad: 'valid' },
  )
  return tf.slice(padded, [0, top, left, 0], x.shape)
})

type ResizeSettings = { readonly alignCorners: boolean; readonly halfPixelCenters: boolean }
type Weights = (
  position: number,
  size: number,
  settings: ResizeSettings,
) => readonly (readonly [index: number, weight: number])[]

const bilinear: Weights = (position, size) => {
  const below = Math.max(0, Math.floor(position))
  return [
    [below, 1 - (position - below)],
    [Math.min(size - 1, Math.max(0, Math.ceil(position))), position - below],
  ]
}

const nearest: Weights = (position, size, { alignCorners, halfPixelCenters }) => {
  const index = alignCorners ? Math.round(position) : Math.floor(halfPixelCenters ? position + 0.5 : position)
  return [[Math.max(0, Math.min(size - 1, index)), 1]]
}

/** The matrix `[size, resized]` that takes the gradient of a resized axis back: resizing is linear along each axis. */
const resizeMatrix = (weights: Weights, size: number, resized: number, settings: ResizeSettings): Tensor => {
  const ratio = settings.alignCorners && resized > 1 ? (size - 1) / (resized - 1) : size / resized
  const matrix = new Float32Array(size * resized)
  for (let to = 0; to < resized; to++) {
    const position = settings.halfPixelCenters ? ratio * (to + 0.5) - 0.5 : ratio * to
    for (const [from, weight] of weights(position, size, settings)) matrix[from * resized + to]! += weight
  }
  return tf.tensor(matrix, [1, size, resized])
}

/**
 * Resizing; not through the backends' gradient kernels, which not all have and which do not know half-pixel centres.
 */
const resize = (kernelName: string, weights: Weights): GradConfig =>
  fromShape<ResizeSettings>(
    kernelName,
    (dy, shape, settings) => {
      const [batch, height, width, channels] = shape as Tensor4D['shape']
      const [, resizedHeight, resizedWidth] = dy.shape as Tensor4D['shape']
      const rows = resizeMatrix(weights, height, resizedHeight, settings)
      const columns = resizeMatrix(weights, width, resizedWidth, settings)
      const tall = tf.matMul(rows, tf.reshape(dy, [batch, resizedHeight, resizedWidth * channels]))
      return tf.reshape(tf.matMul(columns, tf.reshape(tall, [batch * height, resizedWidth, channels])), shape)
    },
    'images',
  )

/**
 * Names of inputs to save of which some may be absent: tfjs maps them to the inputs and would try to save what is not
 * there.
 */
const present = (names: string[]): string[] =>
  Object.assign([...names], {
    map: <T>(f: (name: string, i: number, all: string[]) => T): T[] => names.map(f).filter((input) => input != null),
  })

/** Batch normalisation with given moments, which are inputs like the others; scale may be absent. */
const batchNorm: GradConfig = {
  kernelName: 'FusedBatchNorm',
  inputsToSave: present(['x', 'mean', 'variance', 'scale']),
  gradFunc: (gradient, saved, settings) => {
    const dy = gradient as Tensor
    const [x, mean, variance, scale = tf.onesLike(mean)] = saved as [Tensor, Tensor, Tensor, Tensor?]
    const inverse = tf.rsqrt(tf.add(variance, settings['varianceEpsilon'] as number))
    const normalised = (): Tensor => tf.mul(tf.sub(x, mean), inverse)
    const slope = (): Tensor => tf.mul(scale, inverse)
    return {
      x: () => tf.mul(dy, slope()),
      mean: () => tf.neg(sumTo(tf.mul(dy, slope()), mean.shape)),
      variance: () =>
        sumTo(tf.mul(tf.mul(dy, normalised()), tf.mul(tf.mul(-0.5, scale), tf.square(inverse))), variance.shape),
      scale: () => sumTo(tf.mul(dy, normalised()), scale.shape),
      offset: () => sumTo(dy, mean.shape),
    }
  },
}

/** A batched matrix product, whichever side is transposed, with broadcast batches. */
const matMul: GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (gradient, saved, settings) => {
    const dy = gradient as Tensor
    const [a, b] = saved as [Tensor, Tensor]
    const [transposeA, transposeB] = [settings['transposeA'] === true, settings['transposeB'] === true]
    return {
      a: () => sumTo(transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB), a.shape),
      b: () => sumTo(transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false), b.shape),
    }
  },
}

/** What `tf.conv2dTranspose` runs: the input gradient of a convolution. */
const transposedConvolution: GradConfig = {
  kernelName: 'Conv2DBackpropInput',
  inputsToSave: ['dy', 'filter'],
  gradFunc: (gradient, saved, settings) => {
    const x = gradient as Tensor
    const [dy, filter] = saved as [Tensor, Tensor]
    return {
      dy: () => run('Conv2D', { x, filter }, { ...settings, dilations: [1, 1] }),
      filter: () => run('Conv2DBackpropFilter', { x, dy }, { ...settings, filterShape: filter.shape }),
    }
  },
}

/** The filter gradient of a convolution, for second derivatives. */
const filterGradient: GradConfig = {
  kernelName: 'Conv2DBackpropFilter',
  inputsToSave: ['x', 'dy'],
  gradFunc: (gradient, saved, settings) => {
    const filter = gradient as Tensor
    const [x, dy] = saved as [Tensor, Tensor]
    return {
      x: () => run('Conv2DBackpropInput', { dy, filter }, { ...settings, inputShape: x.shape }),
      dy: () => run('Conv2D', { x, filter }, { ...settings, dilations: [1, 1] }),
    }
  },
}

/** Convolutions, pools, normalisation and matrix products. */
export const networks: readonly GradConfig[] = [
  convolution('Conv2D'),
  convolution('DepthwiseConv2dNative'),
  transposedConvolution,
  filterGradient,
  maxPool,
  avgPool,
  resize('ResizeBilinear', bilinear),
  resize('ResizeNearestNeighbor', nearest),
  batchNorm,
  matMul,
]
