import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { ConvolutionInfo } from '@resfn/overlay'
import { correlation, strided } from './correlation.ts'
import { type Device, sizeOf } from './device.ts'
import { pairs, split } from './glsl.ts'
import { geometryOf, groupOf, keyOf, trimmed } from './window.ts'

/** y[pixel, out] = sum of x[pixel and tap, in] filter[tap, in, out], in each group. */
export const forward = (
  device: Device,
  info: ConvolutionInfo,
  { x, filter }: { readonly x: TensorInfo; readonly filter: TensorInfo },
): TensorInfo => {
  const { outHeight, outWidth, outPairs, depth, outDepth, groups, padInfo, ...g } = geometryOf(info)
  const count = sizeOf(info.outShape)
  return device.run({
    key: keyOf('convolution', info),
    outputs: { y: info.outShape },
    inputs: { x, weights: filter },
    code: () => `
  ${split(
    [
      ['pair', outPairs],
      ['xPair', pairs(outWidth)],
      ['down', outHeight],
    ],
    'image',
    count,
  )}
  int group = ${groupOf('pair', outDepth, groups, count)};
  ${correlation({
    image: 'x',
    high: g.inHeight,
    wide: g.inWidth,
    channels: { all: g.inChannels, group: depth },
    taps: [g.filterHeight, g.filterWidth],
    step: g.strideWidth,
    row: `down * ${g.strideHeight} + ty * ${g.dilationHeight} - ${padInfo.top}`,
    column: (tap, pixel) => pixel * g.strideWidth + tap * g.dilationWidth - padInfo.left,
    firstPair: `group * ${pairs(depth)}`,
    weight: `(TAP * ${pairs(depth)} + q) * ${outPairs} + pair`,
    byOutput: true,
  })}
  ${trimmed(outWidth, info.outChannels)}
  y = sum;`,
  })[0]!
}

/** dx[pixel, in] = sum of dy[the output pixel of pixel and tap, out] filter[tap, in, out], in each group. */
export const inputGradient = (
  device: Device,
  info: ConvolutionInfo,
  { dy, filter }: { readonly dy: TensorInfo; readonly filter: TensorInfo },
): TensorInfo => {
  const { outHeight, outWidth, outPairs, depth, outDepth, groups, padInfo, ...g } = geometryOf(info)
  const count = sizeOf(info.inShape)
  const weight = `(TAP * ${pairs(depth)} + pair - group * ${pairs(depth)}) * ${outPairs} + group * ${pairs(outDepth)} + q`
  const common = {
    channels: { all: info.outChannels, group: outDepth },
    taps: [g.filterHeight, g.filterWidth] as const,
    firstPair: `group * ${pairs(outDepth)}`,
    weight,
  }
  const column = (tap: number, pixel: number): number => pixel + padInfo.left - tap * g.dilationWidth
  const dense = g.strideHeight === 1 && g.strideWidth === 1
  return device.run({
    key: keyOf('input gradient', info),
    outputs: { dx: info.inShape },
    inputs: { dy, weights: filter },
    code: () => `
  ${split(
    [
      ['pair', g.inPairs],
      ['xPair', pairs(g.inWidth)],
      ['down', g.inHeight],
    ],
    'image',
    count,
  )}
  int group = ${groupOf('pair', depth, groups, count)};
  ${
    dense
      ? correlation({
          ...common,
          image: 'dy',
          high: outHeight,
          wide: outWidth,
          step: 1,
          row: `down + ${padInfo.top} - ty * ${g.dilationHeight}`,
          column,
          byOutput: false,
        })
      : strided({ ...common, info, column })
  }
  ${trimmed(g.inWidth, info.inChannels)}
  dx = sum;`,
  })[0]!
}
