import type { backend_util } from '@tensorflow/tfjs-core'

export type Info = backend_util.Conv2DInfo

export const align = (bytes: number): number => (bytes + 15) & ~15
export const panels = (channels: number): number => Math.ceil(channels / 8)

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
export type Place = { readonly stepY: number; readonly stepX: number; readonly firstY: number; readonly firstX: number }

export type Convolution = {
  readonly source: number
  readonly weights: {
    readonly at: number
    readonly data: object
    readonly depthStride: number
    readonly outStride: number
  }
  readonly bias?: { readonly at: number }
  readonly clamp?: readonly [low: number, high: number]
  readonly out: number
  readonly grid: Grid
  readonly from: Image
  readonly to: Image
  readonly place: Place
  readonly taps: readonly Tap[]
}
