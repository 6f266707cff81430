import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { ConvolutionInfo } from '@resfn/overlay'
import { type Device, sizeOf, spread } from './device.ts'
import { constants, keyOf } from './geometry.ts'
import { reduceRows } from './reduction.ts'

const threads = 256

/** One value a thread: the code reads `i`, the index, and gives `value`. */
const each = (
  device: Device,
  shape: readonly number[],
  inputs: { readonly [name: string]: TensorInfo },
  { name, info, code }: { readonly name: string; readonly info: ConvolutionInfo; readonly code: string },
): TensorInfo => {
  const out = device.output(shape)
  const size = sizeOf(shape)
  const workgroups = spread(Math.ceil(size / threads))
  device.run(
    {
      key: keyOf(name, info),
      outputs: { out: 'f32' },
      inputs: Object.fromEntries(Object.keys(inputs).map((input) => [input, 'f32'])),
      code: () => `
${constants(info)}
const each = outs / channels;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.y * ${workgroups[0]}u + group.x) * ${threads}u + local;
  if (i >= ${size}u) { return; }
  ${code}
  out[i] = value;
}`,
      workgroups,
    },
    [out],
    Object.values(inputs),
  )
  return out
}

/** y[pixel, out] = sum over taps of x[pixel and tap, out / each] filter[tap, out]. */
export const depthwise = (
  device: Device,
  info: ConvolutionInfo,
  { x, filter }: { readonly x: TensorInfo; readonly filter: TensorInfo },
): TensorInfo =>
  each(
    device,
    info.outShape,
    { x, weights: filter },
    {
      name: 'depthwise',
      info,
      code: `
  let channel = i % outs;
  let pixel = i / outs;
  let line = pixel / outWide;
  var value = 0.0;
  for (var ty = 0u; ty < tapsY; ty++) {
    let row = i32((line % outHigh) * strideY + ty * dilationY) - i32(top);
    if (row < 0 || row >= i32(high)) { continue; }
    for (var tx = 0u; tx < tapsX; tx++) {
      let column = i32((pixel % outWide) * strideX + tx * dilationX) - i32(left);
      if (column < 0 || column >= i32(wide)) { continue; }
      let at = ((line / outHigh * high + u32(row)) * wide + u32(column)) * channels + channel / each;
      value += x[at] * weights[(ty * tapsX + tx) * outs + channel];
    }
  }`,
    },
  )

/** dx[pixel, channel] = sum over taps and the channel's outputs of dy filter. */
export const depthwiseInputGradient = (
  device: Device,
  info: ConvolutionInfo,
  { dy, filter }: { readonly dy: TensorInfo; readonly filter: TensorInfo },
): TensorInfo =>
  each(
    device,
    info.inShape,
    { dy, weights: filter },
    {
      name: 'depthwise input gradient',
      info,
      code: `
  let channel = i % channels;
  let pixel = i / channels;
  let line = pixel / wide;
  var value = 0.0;
  for (var ty = 0u; ty < tapsY; ty++) {
    let y = i32(line % high + top) - i32(ty * dilationY);
    if (y < 0 || y % i32(strideY) != 0 || y / i32(strideY) >= i32(outHigh)) { continue; }
    for (var tx = 0u; tx < tapsX; tx++) {
      let x = i32(pixel % wide + left) - i32(tx * dilationX);
      if (x < 0 || x % i32(strideX) != 0 || x / i32(strideX) >= i32(outWide)) { continue; }
      let first = ((line / high * outHigh + u32(y) / strideY) * outWide + u32(x) / strideX) * outs + channel * each;
      for (var o = 0u; o < each; o++) {
        value += dy[first + o] * weights[(ty * tapsX + tx) * outs + channel * each + o];
      }
    }
  }`,
    },
  )

/** dfilter[tap, out] = sum over pixels of x[pixel and tap, out / each] dy[pixel, out]. */
export const depthwiseFilterGradient = (
  device: Device,
  info: ConvolutionInfo,
  { x, dy }: { readonly x: TensorInfo; readonly dy: TensorInfo },
): TensorInfo => {
  const { filterHeight, filterWidth, inChannels, outChannels } = info
  const out = device.output([filterHeight, filterWidth, inChannels, outChannels / inChannels])
  reduceRows(device, {
    name: keyOf('depthwise filter gradient', info),
    item: 'f32',
    outer: filterHeight * filterWidth,
    rows: info.batchSize * info.outHeight * info.outWidth,
    channels: outChannels,
    // The channels of the reduction are the outputs.
    constants: constants(info).replace('const channels', 'const inputs'),
    inputs: { x, dy },
    outputs: { out },
    value: `
  let line = row / outWide;
  let y = i32((line % outHigh) * strideY + outer / tapsX * dilationY) - i32(top);
  let x0 = i32((row % outWide) * strideX + outer % tapsX * dilationX) - i32(left);
  if (y < 0 || y >= i32(high) || x0 < 0 || x0 >= i32(wide)) { return 0.0; }
  let at = ((line / outHigh * high + u32(y)) * wide + u32(x0)) * inputs + channel / (outs / inputs);
  return x[at] * dy[row * outs + channel];`,
    finish: 'out[outer * channels + channel] = sum;',
    finishInputs: {},
  })
  return out
}
