import type { Attribute, Graph, Node } from '@resfn/trace'
import { add, div, mul, reshape, sqrt, sub, type Tensor, tidy } from '@tensorflow/tfjs-core'

/** A node, and the tensors that are made for it. */
export type Made = { readonly node: Node; readonly tensors: Graph['tensors'] }

/** The number that a setting is in both directions. */
const square = (setting: Attribute | undefined): number | undefined => {
  const [down, across] = Array.isArray(setting) ? (setting as readonly Attribute[]) : [setting ?? 1, setting ?? 1]
  return typeof down === 'number' && down === across ? down : undefined
}

/** The padding of an image, if it is the same on all sides. */
const paddingOf = (pad: Attribute | undefined): number | undefined => {
  if (pad === 'valid') return 0
  if (typeof pad === 'number') return pad
  if (!Array.isArray(pad)) return undefined
  const [, ...sides] = pad.flat() as readonly number[]
  const [, top] = sides
  return JSON.stringify(sides) === JSON.stringify([0, top, top, top, top, 0, 0]) ? top : undefined
}

type WindowOf = (node: Node) => { readonly [setting: string]: number | undefined }

const windowOf: WindowOf = ({ attributes: { strides, pad, dilations } }) => ({
  stride: square(strides),
  padding: paddingOf(pad),
  dilation: square(dilations),
})

/** The window and the groups of a convolution that is traced; a setting that is not one number is undefined. */
const windows: { readonly [kernel: string]: (channels: number) => WindowOf } = {
  Conv2D: () => (node) => ({ ...windowOf(node), groups: 1 }),
  DepthwiseConv2dNative: (channels) => (node) => ({ ...windowOf(node), groups: channels }),
  GroupedConv2D:
    () =>
    ({ attributes: { stride, padding, dilation, groups } }) => ({
      stride: square(stride),
      padding: square(padding),
      dilation: square(dilation),
      groups: square(groups),
    }),
}

/** A convolution that can do more at its end; undefined if it is none, or has a window that ours do not have. */
export const convolutionNode = (node: Node, { values, tensors }: Graph): Made | undefined => {
  const { x, filter, bias } = node.inputs as { readonly x: string; readonly filter: string; readonly bias?: string }
  if (!Object.hasOwn(windows, node.kernel) || tensors[filter] === undefined) return undefined
  const window = windows[node.kernel]!(values[x]!.shape.at(-1) as number)(node)
  if (Object.values(window).includes(undefined) || (node.attributes['dataFormat'] ?? 'NHWC') !== 'NHWC')
    return undefined
  const isDepthwise = node.kernel === 'DepthwiseConv2dNative'
  const weight = isDepthwise ? `${filter}/grouped` : filter
  const [height, width, channels, multiplier] = tensors[filter].shape as [number, number, number, number]
  return {
    node: {
      kernel: 'FusedConvolution',
      inputs: { x, filter: weight, ...(bias !== undefined && { bias }) },
      attributes: { ...(window as { readonly [setting: string]: number }), activation: 'linear' },
      outputs: node.outputs,
    },
    // The outputs of a channel lie beside each other in both forms.
    tensors: isDepthwise ? { [weight]: reshape(tensors[filter], [height, width, 1, channels * multiplier]) } : {},
  }
}

/** A batch normalisation as a factor and a summand for each channel. */
const normalisationNode = ({ inputs, attributes, outputs }: Node, { tensors }: Graph): Made => {
  const [mean, variance] = [tensors[inputs['mean']!]!, tensors[inputs['variance']!]!]
  const [weight, offset] = ['scale', 'offset'].map((input) => tensors[inputs[input] ?? ''])
  const [scale, shift] = tidy((): Tensor[] => {
    const deviation = sqrt(add(variance, attributes['varianceEpsilon'] as number))
    const factor = div(weight ?? 1, deviation)
    return [factor, sub(offset ?? 0, mul(mean, factor))]
  })
  const names = { scale: `${inputs['scale'] ?? outputs[0]}/scale`, shift: `${inputs['offset'] ?? outputs[0]}/shift` }
  return {
    node: {
      kernel: 'ScaleShift',
      inputs: { x: inputs['x']!, ...names },
      attributes: { activation: 'linear' },
      outputs,
    },
    tensors: { [names.scale]: scale!, [names.shift]: shift! },
  }
}

/** A product of images with a factor for each channel, or for each channel of each sample; undefined for others. */
const productNode = ({ inputs, outputs }: Node, { values }: Graph): Made | undefined => {
  const { a, b } = inputs as { readonly a: string; readonly b: string }
  const shape = values[outputs[0]!]!.shape
  const channels = shape.at(-1)
  if (shape.length !== 4) return undefined
  const isImage = (value: string): boolean => JSON.stringify(values[value]!.shape) === JSON.stringify(shape)
  const isFactor = (value: string): boolean => {
    const given = values[value]!.shape
    if (given.at(-1) !== channels) return false
    return given.length === 1 || (given.length === 4 && given[1] === 1 && given[2] === 1)
  }
  const [x, scale] = [
    [a, b],
    [b, a],
  ].find(([image, factor]) => isImage(image!) && isFactor(factor!)) ?? [undefined, undefined]
  if (x === undefined || scale === undefined) return undefined
  return {
    node: { kernel: 'ScaleShift', inputs: { x, scale }, attributes: { activation: 'linear' }, outputs },
    tensors: {},
  }
}

/** A factor for each channel that can do more at its end; undefined if the node is none. */
export const scaleNode = (node: Node, graph: Graph): Made | undefined =>
  node.kernel === 'FusedBatchNorm'
    ? normalisationNode(node, graph)
    : node.kernel === 'Multiply'
      ? productNode(node, graph)
      : undefined
