import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { channelsOf, sizeOf } from './shape.ts'

type Named<N extends string> = { readonly [name in N]: TensorInfo }

/** Rows summed in one go: about 16 KiB, half the first cache, and at least 16. */
export const chunkRowsOf = (channels: number): number => Math.max(16, Math.floor(4096 / channels))

// x as rows of channels, in chunks whose sums [chunks][sums][channels] are added up after.
const chunksOf = (x: TensorInfo) => {
  const channels = channelsOf(x)
  const rows = sizeOf(x.shape) / channels
  const chunkRows = chunkRowsOf(channels)
  return { channels, rows, chunkRows, chunks: Math.ceil(rows / chunkRows) }
}

/**
 * Mean and biased variance over all axes but the last, then y = weight (x - mean) / sqrt(variance + epsilon) + bias.
 */
export const batchNormTrain = (
  device: Device,
  { x, weight, bias }: Named<'x' | 'weight' | 'bias'>,
  epsilon: number,
): [TensorInfo, TensorInfo, TensorInfo] => {
  const { channels, rows, chunkRows, chunks } = chunksOf(x)
  const [mean, variance] = [device.output([channels]), device.output([channels])]
  device.scratch({ partial: chunks * 3 * channels * 4 }, ({ partial }) => {
    device.run('moments', { x: device.address(x), partial, rows, channels, chunkRows }, 4 * rows * channels)
    device.run(
      'combineMoments',
      {
        partial,
        mean: device.address(mean),
        variance: device.address(variance),
        rows,
        channels,
        chunkRows,
      },
      0,
    )
  })
  return [batchNormAffine(device, { x, mean, variance, weight, bias }, epsilon), mean, variance]
}

/** y = weight (x - mean) / sqrt(variance + epsilon) + bias, per channel. */
export const batchNormAffine = (
  device: Device,
  { x, mean, variance, weight, bias }: Named<'x' | 'mean' | 'variance' | 'weight' | 'bias'>,
  epsilon: number,
): TensorInfo => {
  const channels = channelsOf(x)
  const rows = sizeOf(x.shape) / channels
  const y = device.output(x.shape)
  device.scratch({ scale: channels * 4 * device.threads }, ({ scale }) =>
    device.run(
      'normalise',
      {
        x: device.address(x),
        mean: device.address(mean),
        variance: device.address(variance),
        weight: device.address(weight),
        bias: device.address(bias),
        y: device.address(y),
        scratch: scale,
        rows,
        channels,
        epsilon,
      },
      3 * rows * channels,
    ),
  )
  return y
}

/** The closed-form gradient of batchNormTrain: [dx, dweight, dbias]. */
export const batchNormTrainGradient = (
  device: Device,
  inputs: Named<'dy' | 'x' | 'weight' | 'mean' | 'variance'>,
  epsilon: number,
): [TensorInfo, TensorInfo, TensorInfo] => {
  const { channels, rows, chunkRows, chunks } = chunksOf(inputs.x)
  const [dx, dweight, dbias] = [device.output(inputs.x.shape), device.output([channels]), device.output([channels])]
  device.scratch(
    { partial: chunks * 2 * channels * 4, coefficients: 3 * channels * 4 },
    ({ partial, coefficients }) => {
      const [dy, x, mean] = [device.address(inputs.dy), device.address(inputs.x), device.address(inputs.mean)]
      device.run('gradientMoments', { dy, x, mean, partial, rows, channels, chunkRows }, 4 * rows * channels)
      device.run(
        'combineGradient',
        {
          partial,
          rows,
          channels,
          chunkRows,
          weight: device.address(inputs.weight),
          variance: device.address(inputs.variance),
          dweight: device.address(dweight),
          dbias: device.address(dbias),
          coefficients,
          epsilon,
        },
        0,
      )
      device.run(
        'normaliseGradient',
        { dy, x, mean, coefficients, dx: device.address(dx), rows, channels },
        5 * rows * channels,
      )
    },
  )
  return [dx, dweight, dbias]
}

/** y = clamp(scale x + shift + residual); scale [channels], or [batch, 1, 1, channels] for each image. */
export const scaleShift = (
  device: Device,
  {
    x,
    scale,
    shift,
    residual,
  }: Named<'x' | 'scale'> & { readonly [name in 'shift' | 'residual']?: TensorInfo | null | undefined },
  [low, high]: readonly [low: number, high: number],
): TensorInfo => {
  const y = device.output(x.shape)
  const channels = channelsOf(x)
  const count = sizeOf(x.shape)
  const images = x.shape[0]!
  const addressOf = (tensor: TensorInfo | null | undefined): number => (tensor == null ? 0 : device.address(tensor))
  device.run(
    'scaleShift',
    {
      x: device.address(x),
      scale: device.address(scale),
      shift: addressOf(shift),
      residual: addressOf(residual),
      y: device.address(y),
      images,
      pixels: count / channels / images,
      channels,
      scaleStride: sizeOf(scale.shape) === channels ? 0 : channels * 4,
      low,
      high,
    },
    3 * count,
  )
  return y
}
