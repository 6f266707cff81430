import { backend_util } from '@tensorflow/tfjs-core'
import type { Contracts } from '@resfn/primitive'
import type { Attributes } from './device.ts'

type Pair = [number, number]
type Four = [number, number, number, number]

/** The attributes of the convolution kernels of tfjs. */
export type ConvolutionAttributes = {
  readonly strides: number | Pair
  readonly pad: number | 'valid' | 'same' | backend_util.ExplicitPadding
  readonly dataFormat?: string
  readonly dilations?: number | Pair
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** The attributes of the pooling kernels of tfjs. */
export type PoolAttributes = Pick<ConvolutionAttributes, 'strides' | 'pad' | 'dimRoundingMode'> & {
  readonly filterSize: number | Pair
}

type Info = backend_util.Conv2DInfo

/** Pixels that are added on each side. */
type Sides = { readonly rows: Pair; readonly columns: Pair }

/**
 * The padding with which TensorFlow, which rounds the number of outputs down, gives as many as tfjs is asked for;
 * undefined where there is none.
 */
const sidesOf = (info: Info): Sides | undefined => {
  const along = (size: number, before: number, taps: number, stride: number, windows: number): Pair | undefined => {
    const after = Math.max(0, (windows - 1) * stride + taps - size - before)
    const found = Math.floor((size + before + after - taps) / stride) + 1
    return windows > 0 && found === windows ? [before, after] : undefined
  }
  const { top, left } = info.padInfo
  const rows = along(info.inHeight, top, info.effectiveFilterHeight, info.strideHeight, info.outHeight)
  const columns = along(info.inWidth, left, info.effectiveFilterWidth, info.strideWidth, info.outWidth)
  return rows && columns && { rows, columns }
}

/** What TensorFlow's 'SAME' adds before the image along one axis, and after it. */
const same = (size: number, taps: number, stride: number): Pair => {
  const all = Math.max(0, (Math.ceil(size / stride) - 1) * stride + taps - size)
  return [Math.floor(all / 2), Math.ceil(all / 2)]
}

const inNumbers = ({ rows, columns }: Sides): Attributes => ({
  padding: { string: 'EXPLICIT' },
  explicit_paddings: { ints: [0, 0, ...rows, ...columns, 0, 0] },
})

/** The padding by name where it has one, because oneDNN takes no other. */
const paddingOf = (info: Info, { rows, columns }: Sides): Attributes => {
  const sides = [...rows, ...columns]
  if (sides.every((side) => side === 0)) return { padding: { string: 'VALID' } }
  const named = [
    ...same(info.inHeight, info.effectiveFilterHeight, info.strideHeight),
    ...same(info.inWidth, info.effectiveFilterWidth, info.strideWidth),
  ]
  return String(named) === String(sides) ? { padding: { string: 'SAME' } } : inNumbers({ rows, columns })
}

/** A convolution as attributes of TensorFlow. */
export type Convolution = {
  readonly attributes: Attributes
  /** The same with the padding in numbers, which oneDNN leaves to TensorFlow's own kernels. */
  readonly plain: Attributes
  /** The convolution of dy with the filter turned around that is the gradient by the input; at stride 1. */
  readonly turned?: Attributes
}

const turnedOf = (info: Info, { rows, columns }: Sides): Attributes | undefined => {
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info
  if (Math.max(strideHeight, strideWidth, dilationHeight, dilationWidth) > 1) return undefined
  const around = ([before, after]: Pair, taps: number): Pair => [taps - 1 - before, taps - 1 - after]
  const sides: Sides = { rows: around(rows, filterHeight), columns: around(columns, filterWidth) }
  if (Math.min(...sides.rows, ...sides.columns) < 0) return undefined
  const output = { ...info, inHeight: info.outHeight, inWidth: info.outWidth }
  return { strides: { ints: [1, 1, 1, 1] }, ...paddingOf(output, sides) }
}

const convolutionWith =
  ({ depthwise }: { readonly depthwise: boolean }) =>
  (
    input: readonly number[],
    filter: readonly number[],
    { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode }: ConvolutionAttributes,
  ): Convolution | undefined => {
    if (dataFormat !== 'NHWC') return undefined
    const shapes = [input as Four, filter as Four] as const
    const info = backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode, depthwise)
    const sides = sidesOf(info)
    if (sides === undefined) return undefined
    const steps: Attributes = {
      strides: { ints: [1, info.strideHeight, info.strideWidth, 1] },
      dilations: { ints: [1, info.dilationHeight, info.dilationWidth, 1] },
    }
    const turned = turnedOf(info, sides)
    return {
      attributes: { ...steps, ...paddingOf(info, sides) },
      plain: { ...steps, ...inNumbers(sides) },
      ...(turned !== undefined && { turned }),
    }
  }

/** A convolution as attributes of TensorFlow; undefined where that has no such. */
export const convolutionOf: ReturnType<typeof convolutionWith> = convolutionWith({ depthwise: false })

/** The same of a depthwise convolution. */
export const depthwiseOf: ReturnType<typeof convolutionWith> = convolutionWith({ depthwise: true })

/** The attributes of tfjs of a convolution in groups. */
export const groupedAttributes = ({
  stride,
  padding,
  dilation,
}: Contracts['GroupedConv2D']['settings']): ConvolutionAttributes => ({
  strides: stride,
  pad: padding,
  dilations: dilation,
})

/** A pool as attributes of TensorFlow. */
export const poolOf = (
  input: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): Attributes | undefined => {
  const info = backend_util.computePool2DInfo(input as Four, filterSize, strides, 1, pad, dimRoundingMode)
  const sides = sidesOf(info)
  if (sides === undefined) return undefined
  return {
    ksize: { ints: [1, info.filterHeight, info.filterWidth, 1] },
    strides: { ints: [1, info.strideHeight, info.strideWidth, 1] },
    ...paddingOf(info, sides),
  }
}
