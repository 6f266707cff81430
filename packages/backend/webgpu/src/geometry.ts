import type { ConvolutionInfo } from '@resfn/overlay'

/** The sizes as constants of WGSL: of the image, the output, the filter, and of the channels of one group. */
export const constants = (info: ConvolutionInfo): string => {
  const { groups, padInfo } = info
  const unsigned = {
    batch: info.batchSize,
    high: info.inHeight,
    wide: info.inWidth,
    outHigh: info.outHeight,
    outWide: info.outWidth,
    tapsY: info.filterHeight,
    tapsX: info.filterWidth,
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    dilationY: info.dilationHeight,
    dilationX: info.dilationWidth,
    channels: info.inChannels,
    outs: info.outChannels,
    depth: info.inChannels / groups,
    outDepth: info.outChannels / groups,
    top: padInfo.top,
    left: padInfo.left,
  }
  return Object.entries(unsigned)
    .map(([name, value]) => `const ${name} = ${value}u;`)
    .join('\n')
}

/** Tells the programs of one name apart. */
export const keyOf = (name: string, info: ConvolutionInfo): string =>
  `${name} ${constants(info).replaceAll(/[^\d,]+/g, ' ')}`
