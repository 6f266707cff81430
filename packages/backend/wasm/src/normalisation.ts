import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'

const channelsOf = ({ shape }: TensorInfo): number => shape[shape.length - 1] ?? 1
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

// Rows summed in one go: about 16 KiB, half the first cache, and at least 16.
const chunkRows = (channels: number): number => Math.max(16, Math.floor(4096 / channels))

/** Sums over all axes but the last, or (`groups` > 1) over runs of rows of equal length; chunks are added in double precision. */
export const columnSums = (
  device: Device,
  x: TensorInfo,
  {
    outShape,
    groups,
    scale,
  }: { readonly outShape: readonly number[]; readonly groups: number; readonly scale: number },
): TensorInfo => {
  const channels = channelsOf(x)
  const rows = sizeOf(x.shape) / channels / groups
  const out = device.output(outShape)
  // Chunks must not straddle groups.
  const size = groups === 1 ? chunkRows(channels) : rows
  const chunks = groups === 1 ? Math.ceil(rows / size) : groups
  device.scratch(chunks * 2 * channels * 4, (partial) => {
    device.run('moments', [device.address(x), partial, rows * groups, channels, size, 0], rows * groups * channels)
    device.run('combineMoments', [partial, device.address(out), 0, rows, channels, size, { float: scale }, groups], 0)
  })
  return out
}

/** Mean and biased variance over all axes but the last, then y = weight (x - mean) / sqrt(variance + epsilon) + bias. */
export const batchNormTrain = (
  device: Device,
  { x, weight, bias }: { readonly x: TensorInfo; readonly weight: TensorInfo; readonly bias: TensorInfo },
  epsilon: number,
): TensorInfo[] => {
  const channels = channelsOf(x)
  const rows = sizeOf(x.shape) / channels
  const [mean, variance] = [device.output([channels]), device.output([channels])]
  const size = chunkRows(channels)
  device.scratch(Math.ceil(rows / size) * 2 * channels * 4, (partial) => {
    device.run('moments', [device.address(x), partial, rows, channels, size, 1], 4 * rows * channels)
    device.run(
      'combineMoments',
      [partial, device.address(mean), device.address(variance), rows, channels, size, { float: 1 }, 1],
      0,
    )
  })
  return [batchNormAffine(device, { x, mean, variance, weight, bias }, epsilon), mean, variance]
}

/** y = weight (x - mean) / sqrt(variance + epsilon) + bias, per channel. */
export const batchNormAffine = (
  device: Device,
  { x, mean, variance, weight, bias }: { readonly [name in 'x' | 'mean' | 'variance' | 'weight' | 'bias']: TensorInfo },
  epsilon: number,
): TensorInfo => {
  const channels = channelsOf(x)
  const rows = sizeOf(x.shape) / channels
  const y = device.output(x.shape)
  device.scratch(channels * 4 * device.threads, (scale) =>
    device.run(
      'normalise',
      [
        device.address(x),
        device.address(mean),
        device.address(variance),
        device.address(weight),
        device.address(bias),
        device.address(y),
        scale,
        rows,
        channels,
        { float: epsilon },
        0,
      ],
      3 * rows * channels,
    ),
  )
  return y
}

/** The closed-form gradient of batchNormTrain: [dx, dweight, dbias]. */
export const batchNormTrainGradient = (
  device: Device,
  { dy, x, weight, mean, variance }: { readonly [name in 'dy' | 'x' | 'weight' | 'mean' | 'variance']: TensorInfo },
  epsilon: number,
): TensorInfo[] => {
  const channels = channelsOf(x)
  const rows = sizeOf(x.shape) / channels
  const [dx, dweight, dbias] = [device.output(x.shape), device.output([channels]), device.output([channels])]
  const size = chunkRows(channels)
  const partialBytes = Math.ceil(rows / size) * 2 * channels * 4
  device.scratch(partialBytes + 3 * channels * 4, (partial) => {
    const coefficients = partial + partialBytes
    device.run(
      'gradientMoments',
      [device.address(dy), device.address(x), device.address(mean), partial, rows, channels, size],
      4 * rows * channels,
    )
    device.run(
      'combineGradient',
      [
        partial,
        device.address(weight),
        device.address(variance),
        device.address(dweight),
        device.address(dbias),
        coefficients,
        rows,
        channels,
        size,
        { float: epsilon },
      ],
      0,
    )
    device.run(
      'normaliseGradient',
      [device.address(dy), device.address(x), device.address(mean), coefficients, device.address(dx), rows, channels],
      5 * rows * channels,
    )
  })
  return [dx, dweight, dbias]
}
