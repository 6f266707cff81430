import type { ConvolutionInfo } from '@resfn/overlay'
import { pairs, quotient } from './glsl.ts'

/** A convolution with its pairs of channels, and the channels of one group. */
type Geometry = ConvolutionInfo & {
  readonly inPairs: number
  readonly outPairs: number
  readonly depth: number
  readonly outDepth: number
}

/** The sizes of a convolution in pairs of channels. */
export const geometryOf = (info: ConvolutionInfo): Geometry => ({
  ...info,
  inPairs: pairs(info.inChannels),
  outPairs: pairs(info.outChannels),
  depth: info.inChannels / info.groups,
  outDepth: info.outChannels / info.groups,
})

/** Tells the programs of one name apart. */
export const keyOf = (name: string, info: ConvolutionInfo): string => {
  const { padInfo, inShape, outShape, filterHeight, filterWidth, groups } = info
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info
  const window = [strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo.top, padInfo.left]
  return [name, inShape, outShape, filterHeight, filterWidth, groups, ...window].join(' ')
}

/** Whether each group begins with a pair of channels, in the input and in the output. */
export const inPairs = ({ groups, inChannels, outChannels }: ConvolutionInfo): boolean =>
  groups === 1 || ((inChannels / groups) % 2 === 0 && (outChannels / groups) % 2 === 0)

export const name = (offset: number): string => (offset < 0 ? `m${-offset}` : `p${offset}`)
export const range = (length: number): readonly number[] => Array.from({ length }, (_, i) => i)
export const uniqueSorted = (values: readonly number[]): readonly number[] => [...new Set(values)].sort((a, b) => a - b)

/** The two values of a column that lies `column` columns after an even one, in texels that are named by their place. */
export const valuesAt = (texel: string, column: number): string =>
  `${texel}${name(Math.floor(column / 2))}.${column % 2 === 0 ? 'rg' : 'ba'}`

/** Zeros beyond an odd width or an odd number of channels. */
export const trimmed = (wide: number, channels: number, pixel: string = 'xPair'): string =>
  `${channels % 2 === 1 ? `if (pair == ${pairs(channels) - 1}) { sum.ga = vec2(0); }` : ''}
  ${wide % 2 === 1 ? `if (${pixel} == ${pairs(wide) - 1}) { sum.ba = vec2(0); }` : ''}`

/** The group of a pair of channels. */
export const groupOf = (pair: string, depth: number, groups: number, count: number): string =>
  groups === 1 ? '0' : quotient(pair, depth / 2, count)
