import { add, mul, rsqrt, sub, type Tensor, zeros } from '@tensorflow/tfjs-core'
import type { Graph, Node } from '@resfn/trace'
import { type Builder, Unsupported, usualOf } from './builder.ts'
import { inLayout, plain, sameLayout, usual } from './layout.ts'
import { pair, type Window, windowAttributes } from './window.ts'

/** Adds the operators that a node is, and places its outputs. */
export type Translation = (node: Node, building: Builder, graph: Graph) => void

const images = usual(4)

const checkImages = (node: Node): void => {
  const format = node.attributes['dataFormat']
  if (format !== undefined && format !== 'NHWC') throw new Unsupported(node, `its images are ${JSON.stringify(format)}`)
}

const filterOf = (node: Node, { tensors }: Graph): Tensor => {
  const filter = tensors[node.inputs['filter']!]
  if (filter === undefined) throw new Unsupported(node, 'its filter is computed from the input')
  return filter
}

/** A convolution with a filter that is turned to `[out, in / groups, height, width]`. */
const convolution =
  (
    windowOf: (node: Node, size: readonly number[]) => Window,
    groupsOf: (node: Node, filter: Tensor) => number,
  ): Translation =>
  (node, building, graph) => {
    checkImages(node)
    const filter = filterOf(node, graph)
    const [height, width, inputs, outputs] = filter.shape as [number, number, number, number]
    const groups = groupsOf(node, filter)
    const turn =
      node.kernel === 'DepthwiseConv2dNative'
        ? { axes: [2, 3, 0, 1], shape: [inputs * outputs, 1, height, width] }
        : { axes: [3, 2, 0, 1] }
    const { bias } = node.inputs
    const given = [
      building.as(node.inputs['x']!, images),
      building.tensor(node.inputs['filter']!, turn),
      ...(bias === undefined ? [] : [building.tensor(bias)]),
    ]
    const name = building.add('Conv', given, {
      ...windowAttributes(node, windowOf(node, [height, width]), building),
      ...(groups !== 1 && { group: { int: groups } }),
    })
    building.place(node.outputs[0]!, { name, layout: images })
  }

const ofKernel = ({ attributes }: Node, size: readonly number[]): Window => ({
  size,
  strides: pair(attributes['strides']),
  dilations: pair(attributes['dilations']),
  pad: attributes['pad'],
})

const ofPrimitive = ({ attributes }: Node, size: readonly number[]): Window => ({
  size,
  strides: pair(attributes['stride']),
  dilations: pair(attributes['dilation']),
  pad: attributes['padding'],
})

const pool =
  (type: 'MaxPool' | 'AveragePool'): Translation =>
  (node, building) => {
    const { filterSize, strides, pad } = node.attributes
    const window = { size: pair(filterSize), strides: pair(strides), dilations: [1, 1], pad }
    const name = building.add(type, [building.as(node.inputs['x']!, images)], windowAttributes(node, window, building))
    building.place(node.outputs[0]!, { name, layout: images })
  }

const batchNorm: Translation = (node, building, { tensors }) => {
  const epsilon = Number(node.attributes['varianceEpsilon'])
  const x = node.inputs['x']!
  const { scale, offset, mean, variance } = node.inputs as { readonly [name: string]: string }
  const channels = tensors[mean!]!.shape
  if (scale !== undefined && offset !== undefined && sameLayout(building.placed(x)!.layout, images)) {
    const given = [scale, offset, mean!, variance!].map((value) => building.tensor(value))
    const name = building.add('BatchNormalization', [building.as(x, images), ...given], { epsilon: { float: epsilon } })
    building.place(node.outputs[0]!, { name, layout: images })
    return
  }
  // Features have their channels last, so that the numbers of the channels stretch over them as they are.
  const layout = plain(building.shapeOf(x).length)
  const factor = (): Tensor => {
    const root = rsqrt(add(tensors[variance!]!, epsilon))
    return scale === undefined ? root : mul(root, tensors[scale]!)
  }
  const shift = (): Tensor => {
    const centred = mul(factor(), sub(0, tensors[mean!]!))
    return offset === undefined ? centred : add(centred, tensors[offset]!)
  }
  const scaled = building.add('Mul', [building.as(x, layout), building.derived(`${mean}/scale`, channels, factor)])
  const name = building.add('Add', [scaled, building.derived(`${mean}/shift`, channels, shift)])
  building.place(node.outputs[0]!, { name, layout })
}

/** Each group is an image of one channel, whose instance normalisation is what group normalisation is. */
const groupNorm: Translation = (node, building, { tensors }) => {
  const { groups, epsilon } = node.attributes as { readonly groups: number; readonly epsilon: number }
  const x = node.inputs['x']!
  const { weight, bias } = node.inputs as { readonly weight: string; readonly bias: string }
  const shape = building.shapeOf(x)
  const layout = usualOf(building, x)
  const channels = tensors[weight]!.shape[0]!
  const perGroup = [
    building.derived('ones', [groups], () => add(zeros([groups]), 1)),
    building.derived('zeros', [groups], () => zeros([groups])),
  ]
  const grouped = building.add('Reshape', [building.as(x, layout), building.ints([0, groups, -1])])
  const normal = building.add('InstanceNormalization', [grouped, ...perGroup], { epsilon: { float: epsilon } })
  const sizes = inLayout(shape, layout).map((extent) => (typeof extent === 'number' ? extent : -1))
  const back = building.add('Reshape', [normal, building.ints(sizes)])
  const perChannel = { shape: layout.length === 4 ? [channels, 1, 1] : [channels] }
  const scaled = building.add('Mul', [back, building.tensor(weight, perChannel)])
  building.place(node.outputs[0]!, { name: building.add('Add', [scaled, building.tensor(bias, perChannel)]), layout })
}

const product: Translation = (node, building, { tensors }) => {
  const { a, b, bias } = node.inputs as { readonly a: string; readonly b: string; readonly bias?: string }
  const { transposeA, transposeB } = node.attributes
  const weight = tensors[b]
  if (weight === undefined || weight.rank !== 2 || building.shapeOf(a).length !== 2 || transposeA === true)
    throw new Unsupported(node, 'it is a product of other things than features and a matrix of parameters')
  const features = plain(2)
  // As in PyTorch: the matrix is [out, in].
  const given = [
    building.as(a, features),
    building.tensor(b, { axes: transposeB === true ? [0, 1] : [1, 0] }),
    ...(bias === undefined ? [] : [building.tensor(bias)]),
  ]
  building.place(node.outputs[0]!, { name: building.add('Gemm', given, { transB: { int: 1 } }), layout: features })
}

const resize =
  (mode: 'linear' | 'nearest'): Translation =>
  (node, building) => {
    const { alignCorners, halfPixelCenters, size } = node.attributes
    const [corners, half] = [alignCorners === true, halfPixelCenters === true]
    const x = building.as(node.inputs['images']!, images)
    // The number of samples is known when the model runs.
    const outer = building.add('Shape', [x], { end: { int: 2 } })
    const sizes = building.add('Concat', [outer, building.ints(size as readonly number[])], { axis: { int: 0 } })
    const name = building.add('Resize', [x, '', '', sizes], {
      mode: { string: mode },
      coordinate_transformation_mode: { string: corners ? 'align_corners' : half ? 'half_pixel' : 'asymmetric' },
      ...(mode === 'nearest' && { nearest_mode: { string: corners || half ? 'round_prefer_ceil' : 'floor' } }),
    })
    building.place(node.outputs[0]!, { name, layout: images })
  }

/** The kernels that have weights or look at neighbouring pixels. */
export const network: { readonly [kernel: string]: Translation } = {
  Conv2D: convolution(ofKernel, () => 1),
  DepthwiseConv2dNative: convolution(ofKernel, (_, filter) => filter.shape[2]!),
  GroupedConv2D: convolution(ofPrimitive, ({ attributes }) => Number(attributes['groups'])),
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  FusedBatchNorm: batchNorm,
  GroupNorm: groupNorm,
  BatchMatMul: product,
  ResizeBilinear: resize('linear'),
  ResizeNearestNeighbor: resize('nearest'),
}
