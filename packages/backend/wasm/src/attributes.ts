import { backend_util } from '@tensorflow/tfjs-core'
import type { Info } from './geometry.ts'

type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4]
type Step = number | [number, number]
type Four = [number, number, number, number]

export type ConvolutionAttributes = {
  readonly strides: Step
  readonly pad: Pad
  readonly dataFormat?: 'NHWC' | 'NCHW'
  readonly dilations?: Step
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** The geometry of a channels-last convolution; undefined for channels first. */
export const convolutionInfo = (
  input: readonly number[],
  filter: readonly number[],
  { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode }: ConvolutionAttributes,
): Info | undefined =>
  dataFormat === 'NHWC'
    ? backend_util.computeConv2DInfo(input as Four, filter as Four, strides, dilations, pad, dimRoundingMode)
    : undefined

export type PoolAttributes = Pick<ConvolutionAttributes, 'strides' | 'pad' | 'dimRoundingMode'> & {
  readonly filterSize: Step
}

export const poolInfo = (
  input: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): Info => backend_util.computePool2DInfo(input as Four, filterSize, strides, 1, pad, dimRoundingMode)

const clamps: { readonly [activation: string]: readonly [low: number, high: number] } = {
  linear: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
}

/** The activations that are a lower and an upper bound; undefined for others. */
export const clampOf = (activation = 'linear'): readonly [low: number, high: number] | undefined => clamps[activation]
