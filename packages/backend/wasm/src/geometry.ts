import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import { sizes } from './routines.generated.ts'

/** The geometry of a convolution; its groups of channels see only each other. */
export type Info = backend_util.Conv2DInfo & { readonly groups: number }

/** Panels of output channels in a packed filter. */
export const panels = (channels: number): number => Math.ceil(channels / sizes.PANEL)

/** One filter position: its offset in the source grid and the byte where its [in, out] matrix starts. */
export type Tap = { readonly y: number; readonly x: number; readonly at: number }

export type Grid = {
  readonly batch: number
  readonly rows: number
  readonly columns: number
  readonly stepY: number
  readonly stepX: number
}
export type Image = { readonly height: number; readonly width: number; readonly depth: number }
/** Channels of the source and of the output. */
export type Depths = { readonly from: number; readonly to: number }
export type Place = { readonly stepY: number; readonly stepX: number; readonly firstY: number; readonly firstX: number }
/**
 * Taps that are neighbours, moved by one pixel from output to output; top and left are the source place of output 0.
 */
export type Window = { readonly top: number; readonly left: number; readonly height: number; readonly width: number }

export type Convolution = {
  /** Images of a tensor, from the address `at` on. */
  readonly source: { readonly at: number; readonly tensor: TensorInfo }
  readonly weights: {
    readonly at: number
    readonly data: object
    readonly depthStride: number
    readonly outStride: number
    readonly groupStride: number
  }
  readonly groups: number
  readonly bias?: number | undefined
  readonly clamp?: readonly [low: number, high: number] | undefined
  /** Added to the output, in its layout. */
  readonly residual?: number | undefined
  readonly out: number
  readonly grid: Grid
  readonly from: Image
  readonly to: Image
  readonly place: Place
  /** In reading order. */
  readonly taps: readonly Tap[]
  /** The taps as a dense window, if they are one. */
  readonly window?: Window | undefined
}

/** The channels of one group, on both sides. */
export const depthsOf = ({ from, to, groups }: Pick<Convolution, 'from' | 'to' | 'groups'>): Depths => ({
  from: from.depth / groups,
  to: to.depth / groups,
})

/** What tells the filters of one tensor's data apart that are packed or transformed from it. */
export const filterKey = ({ weights, groups, from, to, taps }: Convolution): string =>
  [weights.at, weights.depthStride, weights.outStride, groups, from.depth, to.depth, ...taps.map(({ at }) => at)].join()

/** The images first .. first + count of a convolution. */
export const imagesOf = (convolution: Convolution, first: number, count: number): Convolution => {
  const { source, residual, out, grid, from, to } = convolution
  const bytes = ({ height, width, depth }: Image): number => height * width * depth * 4
  return {
    ...convolution,
    source: { ...source, at: source.at + first * bytes(from) },
    residual: residual && residual + first * bytes(to),
    out: out + first * bytes(to),
    grid: { ...grid, batch: count },
  }
}

/** The taps of a filter, in reading order. */
export const filterTaps = (info: Info): readonly Tap[] => {
  const { filterHeight, filterWidth, inChannels, outChannels, groups, dilationHeight, dilationWidth, padInfo } = info
  return Array.from({ length: filterHeight * filterWidth }, (_, tap) => ({
    y: Math.floor(tap / filterWidth) * dilationHeight - padInfo.top,
    x: (tap % filterWidth) * dilationWidth - padInfo.left,
    at: ((tap * inChannels) / groups) * outChannels * 4,
  }))
}

/** The window of a filter without stride and dilation. */
export const filterWindow = (info: Info): Window | undefined => {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo, filterHeight, filterWidth } = info
  if (strideHeight * strideWidth * dilationHeight * dilationWidth !== 1) return undefined
  return { top: -padInfo.top, left: -padInfo.left, height: filterHeight, width: filterWidth }
}

/** How many taps from the first on lie side by side in the image; every row of a filter is like its first. */
export const neighbours = (taps: readonly Tap[]): number => {
  const follows = (i: number): boolean =>
    taps[i]?.y === taps[i - 1]?.y && taps[i]?.x === (taps[i - 1]?.x ?? Number.NaN) + 1
  const end = taps.findIndex((_, i) => i > 0 && !follows(i))
  const run = end === -1 ? taps.length : end
  return taps.length % run === 0 && taps.every((_, i) => i % run === 0 || follows(i)) ? run : 1
}
