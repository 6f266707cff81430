import { backend_util } from '@tensorflow/tfjs-core'
import type { Contracts } from '@resfn/primitive'

/** The geometry of a convolution; its groups of channels see only each other. */
export type ConvolutionInfo = backend_util.Conv2DInfo & { readonly groups: number }

type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4]
type Step = number | [number, number]
type Four = [number, number, number, number]

/** The attributes of the convolutions of tfjs. */
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
) => ConvolutionInfo | undefined

const infoOf =
  ({ depthwise }: { readonly depthwise: boolean }): InfoOf =>
  (input, filter, { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode }) => {
    if (dataFormat !== 'NHWC') return undefined
    const shapes = [input as Four, filter as Four] as const
    const info = backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode, depthwise)
    const groups = depthwise ? info.inChannels : info.inChannels / filter[2]!
    return info.outHeight > 0 && info.outWidth > 0 ? { ...info, groups } : undefined
  }

/**
 * The geometry of a channels-last convolution with an output; undefined for others.
 *
 * @param input `[batch, height, width, channels]`
 * @param filter `[height, width, channels in a group, outputs]`
 * @param attributes those of `Conv2D` of tfjs
 * @throws Error of tfjs if the shapes do not fit
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { convolutionInfo } from '@resfn/overlay'
 *
 * const info = convolutionInfo([1, 8, 8, 4], [3, 3, 4, 16], { strides: 2, pad: 'same' })
 * assert.deepEqual(info?.outShape, [1, 4, 4, 16])
 * ```
 */
export const convolutionInfo: InfoOf = infoOf({ depthwise: false })

/**
 * The same of a convolution in groups, whose number follows from the depth of the filter.
 *
 * @param input `[batch, height, width, channels]`
 * @param filter `[height, width, channels in a group, outputs]`
 * @param settings those of the primitive `GroupedConv2D`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { groupedInfo } from '@resfn/overlay'
 *
 * assert.equal(groupedInfo([1, 8, 8, 4], [3, 3, 2, 16], { stride: 1, padding: 1, dilation: 1, groups: 2 })?.groups, 2)
 * ```
 */
export const groupedInfo = (
  input: readonly number[],
  filter: readonly number[],
  { stride, padding, dilation }: Contracts['GroupedConv2D']['settings'],
): ConvolutionInfo | undefined => convolutionInfo(input, filter, { strides: stride, pad: padding, dilations: dilation })

/**
 * The same of a depthwise convolution, whose groups are its channels.
 *
 * @param input `[batch, height, width, channels]`
 * @param filter `[height, width, channels, outputs of each]`
 * @param attributes those of `DepthwiseConv2dNative` of tfjs
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { depthwiseInfo } from '@resfn/overlay'
 *
 * assert.equal(depthwiseInfo([1, 8, 8, 4], [3, 3, 4, 1], { strides: 1, pad: 'same' })?.groups, 4)
 * ```
 */
export const depthwiseInfo: InfoOf = infoOf({ depthwise: true })
