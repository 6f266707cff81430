import { backend_util } from '@tensorflow/tfjs-core'
import type { Contracts } from '@resfn/primitive'
import type { Info } from './geometry.ts'

type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4]
type Step = number | [number, number]
type Grouped = Contracts['GroupedConv2D']['settings']
type Four = [number, number, number, number]

export type ConvolutionAttributes = {
  readonly strides: Step
  readonly pad: Pad
  readonly dataFormat?: 'NHWC' | 'NCHW'
  readonly dilations?: Step
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

type InfoOf = (
  input: readonly number[],
  filter: readonly number[],
  attributes: ConvolutionAttributes,
) => Info | undefined

const infoOf =
  ({ depthwise }: { readonly depthwise: boolean }): InfoOf =>
  (input, filter, { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode }) => {
    if (dataFormat !== 'NHWC') return undefined
    const shapes = [input as Four, filter as Four] as const
    const info = backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode, depthwise)
    const groups = depthwise ? info.inChannels : info.inChannels / filter[2]!
    return info.outHeight > 0 && info.outWidth > 0 ? { ...info, groups } : undefined
  }

/** The geometry of a channels-last convolution with an output; undefined for others. */
export const convolutionInfo: InfoOf = infoOf({ depthwise: false })

/** The same of a convolution in groups, whose number follows from the depth of the filter. */
export const groupedInfo = (
  input: readonly number[],
  filter: readonly number[],
  { stride, padding, dilation }: Grouped,
): Info | undefined => convolutionInfo(input, filter, { strides: stride, pad: padding, dilations: dilation })

/** The same of a depthwise convolution. */
export const depthwiseInfo: InfoOf = infoOf({ depthwise: true })

const clamps: { readonly [activation: string]: readonly [low: number, high: number] } = {
  linear: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
}

/** The activations that are a lower and an upper bound; undefined for others. */
export const clampOf = (activation = 'linear'): readonly [low: number, high: number] | undefined => clamps[activation]
