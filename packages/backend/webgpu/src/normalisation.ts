import type { TensorInfo } from '@tensorflow/tfjs-core'
import { type Device, sizeOf } from './device.ts'
import { elementwise } from './elementwise.ts'
import { reduceRows } from './reduction.ts'

type Named<N extends string> = { readonly [name in N]: TensorInfo }

const rowsOf = (x: TensorInfo): { readonly rows: number; readonly channels: number } => {
  const channels = x.shape.at(-1)!
  return { channels, rows: sizeOf(x.shape) / channels }
}

/** A literal of WGSL that is this number in float32. */
const literal = (value: number): string => `f32(${value})`

/**
 * Mean and biased variance over all axes but the last, then y = weight (x - mean) / sqrt(variance + epsilon) + bias.
 * The sums are of x less its first row, so that a large mean costs no digits.
 */
export const batchNormTrain = (
  device: Device,
  { x, weight, bias }: Named<'x' | 'weight' | 'bias'>,
  epsilon: number,
): [TensorInfo, TensorInfo, TensorInfo] => {
  const { rows, channels } = rowsOf(x)
  const [mean, variance] = [device.output([channels]), device.output([channels])]
  reduceRows(device, {
    name: 'moments',
    item: 'vec2f',
    rows,
    channels,
    inputs: { x },
    outputs: { mean, variance },
    value: 'let d = x[row * channels + channel] - x[channel]; return vec2f(d, d * d);',
    finish: `
  let d = sum.x / f32(total);
  mean[channel] = x[channel] + d;
  // A variance of NaN stays NaN, as in relu.
  let v = sum.y / f32(total) - d * d;
  let bits = bitcast<u32>(v);
  variance[channel] = select(v, 0.0, bits >= 0x80000000u && bits <= 0xff800000u);`,
  })
  return [batchNormAffine(device, { x, mean, variance, weight, bias }, epsilon), mean, variance]
}

/** y = weight (x - mean) / sqrt(variance + epsilon) + bias, per channel. */
export const batchNormAffine = (
  device: Device,
  { x, mean, variance, weight, bias }: Named<'x' | 'mean' | 'variance' | 'weight' | 'bias'>,
  epsilon: number,
): TensorInfo =>
  elementwise(device, x.shape, {
    name: 'normalise',
    whole: { x },
    channel: { mean, variance, weight, bias },
    constants: `const epsilon = ${literal(epsilon)};`,
    outputs: ['y'],
    code: 'y[i] = (x[i] - mean[c]) * (weight[c] * inverseSqrt(variance[c] + T(epsilon))) + bias[c];',
  }).y

/** The closed-form gradient of batchNormTrain: [dx, dweight, dbias]. */
export const batchNormTrainGradient = (
  device: Device,
  { dy, x, weight, mean, variance }: Named<'dy' | 'x' | 'weight' | 'mean' | 'variance'>,
  epsilon: number,
): [TensorInfo, TensorInfo, TensorInfo] => {
  const { rows, channels } = rowsOf(x)
  const constants = `const epsilon = ${literal(epsilon)};`
  const [dweight, dbias] = [device.output([channels]), device.output([channels])]
  reduceRows(device, {
    name: 'moments of the gradient',
    item: 'vec2f',
    rows,
    channels,
    constants,
    inputs: { dy, x, mean },
    outputs: { dweight, dbias },
    value: 'let at = row * channels + channel; return vec2f(dy[at] * (x[at] - mean[channel]), dy[at]);',
    finishInputs: { variance },
    finish: `
  dweight[channel] = sum.x * inverseSqrt(variance[channel] + epsilon);
  dbias[channel] = sum.y;`,
  })
  const { dx } = elementwise(device, x.shape, {
    name: 'normalise the gradient',
    whole: { dy, x },
    channel: { weight, mean, variance, dweight, dbias },
    outputs: ['dx'],
    constants: `${constants} const rows = f32(${rows});`,
    code: `
  let r = inverseSqrt(variance[c] + T(epsilon));
  dx[i] = weight[c] * r * (dy[i] - (dbias[c] + (x[i] - mean[c]) * r * dweight[c]) / rows);`,
  })
  return [dx, dweight, dbias]
}
