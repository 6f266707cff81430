import type { Attribute, Extent, Node } from '@resfn/trace'
import { type Builder, known, Unsupported } from './builder.ts'
import { flag, float, int, ints, type NodeDef, text } from './graph-def.ts'

/** Adds the operations that a kernel is. */
export type Translation = (node: Node, building: Builder) => void

type Attributes = NodeDef['attr']

/** The operation of the same inputs. */
const same =
  (op: string, inputs: readonly string[], attributesOf: (node: Node) => Attributes = () => ({})): Translation =>
  (node, building) =>
    building.finish(
      node,
      op,
      inputs.map((input) => building.ref(node.inputs[input]!)),
      attributesOf(node),
    )

const pair = (value: Attribute | undefined): readonly number[] =>
  Array.isArray(value) ? (value as readonly number[]) : [Number(value ?? 1), Number(value ?? 1)]

/** Both directions of an image, between batch and channels. */
const window = (value: Attribute | undefined): readonly number[] => [1, ...pair(value), 1]

const padding = (node: Node, pad: Attribute | undefined): Attributes => {
  if (pad === 'valid' || pad === 'same') return { padding: text(pad.toUpperCase()) }
  if (typeof pad === 'number')
    return padding(node, [
      [0, 0],
      [pad, pad],
      [pad, pad],
      [0, 0],
    ])
  if (!Array.isArray(pad)) throw new Unsupported(node, `its padding is ${JSON.stringify(pad)}`)
  return { padding: text('EXPLICIT'), explicit_paddings: ints((pad as readonly (readonly number[])[]).flat()) }
}

const channelsLast = { data_format: text('NHWC') }

/** A convolution, and the sum with its bias where it has one. */
const convolution =
  (op: string): Translation =>
  (node, building) => {
    const { strides, dilations, pad, dataFormat } = node.attributes
    if (dataFormat !== 'NHWC') throw new Unsupported(node, `its images are ${JSON.stringify(dataFormat)}`)
    const given = [building.ref(node.inputs['x']!), building.ref(node.inputs['filter']!)]
    const attr = {
      strides: ints(window(strides)),
      dilations: ints(window(dilations)),
      ...channelsLast,
      ...padding(node, pad),
    }
    withBias(node, building, op, given, attr)
  }

const withBias = (node: Node, building: Builder, op: string, given: readonly string[], attr: Attributes): void => {
  const { bias } = node.inputs
  if (bias === undefined) building.finish(node, op, given, attr)
  else building.finish(node, 'BiasAdd', [building.add(op, given, attr), building.ref(bias)], channelsLast)
}

const product: Translation = (node, building) => {
  const { transposeA, transposeB } = node.attributes
  const given = [building.ref(node.inputs['a']!), building.ref(node.inputs['b']!)]
  const isMatrix = building.sizes(node.outputs[0]!).length === 2
  const [a, b] = [flag(transposeA === true), flag(transposeB === true)]
  if (isMatrix) withBias(node, building, 'MatMul', given, { transpose_a: a, transpose_b: b })
  else withBias(node, building, 'BatchMatMulV2', given, { adj_x: a, adj_y: b })
}

/** The smallest number that a float32 holds: less than any in a maximum. */
const smallest = -3.4028234663852886e38

/** Graph models have no pools with paddings of their own: the image is padded before. */
const pool =
  (op: 'MaxPool' | 'AvgPool'): Translation =>
  (node, building) => {
    const { filterSize, strides, pad } = node.attributes
    const attr = { ksize: ints(window(filterSize)), strides: ints(window(strides)), ...channelsLast }
    const x = building.ref(node.inputs['x']!)
    if (!Array.isArray(pad)) return building.finish(node, op, [x], { ...attr, ...padding(node, pad) })
    if (op === 'AvgPool') throw new Unsupported(node, 'its mean leaves out the padding')
    const paddings = building.add('PadV2', [
      x,
      matrix(pad as readonly (readonly number[])[], building),
      building.float(smallest),
    ])
    building.finish(node, op, [paddings], { ...attr, ...padding(node, 'valid') })
  }

/** Pairs of numbers as an input. */
const matrix = (rows: readonly (readonly number[])[], building: Builder): string =>
  building.add('Reshape', [building.ints(rows.flat()), building.ints([rows.length, 2])])

const paddings = (node: Node, building: Builder): string =>
  matrix(node.attributes['paddings'] as readonly (readonly number[])[], building)

const axesOf = (value: Attribute | undefined): readonly number[] =>
  Array.isArray(value) ? (value as readonly number[]) : [Number(value)]

const reduction =
  (op: string): Translation =>
  (node, building) => {
    const { axis, reductionIndices, keepDims } = node.attributes
    const given = [building.ref(node.inputs['x']!), building.ints(axesOf(axis ?? reductionIndices))]
    building.finish(node, op, given, { keep_dims: flag(keepDims === true) })
  }

const reshape: Translation = (node, building) => {
  const sizes = building.sizes(node.outputs[0]!)
  if (sizes.filter((size) => size === -1).length > 1)
    throw new Unsupported(node, 'more than one size of its output grows with the batch')
  building.finish(node, 'Reshape', [building.ref(Object.values(node.inputs)[0]!), building.ints(sizes)])
}

const concat: Translation = (node, building) => {
  const given = Object.values(node.inputs).map((value) => building.ref(value))
  building.finish(node, 'ConcatV2', [...given, building.ints(Number(node.attributes['axis']))], {
    N: int(given.length),
  })
}

const slice: Translation = (node, building) => {
  const [from, to] = [building.sizes(node.inputs['x']!), building.sizes(node.outputs[0]!)]
  const given = [node.attributes['begin']].flat() as readonly Extent[]
  const begin = known(from.map((_, axis) => given[axis] ?? 0))
  if (begin.includes(-1) || to.some((size, axis) => from[axis] === -1 && (size !== -1 || begin[axis] !== 0)))
    throw new Unsupported(node, 'it takes some samples of the batch')
  building.finish(node, 'Slice', [building.ref(node.inputs['x']!), building.ints(begin), building.ints(to)])
}

const split: Translation = (node, building) => {
  const axis = Number(node.attributes['axis'])
  const sizes = node.outputs.map((output) => building.sizes(output).at(axis)!)
  if (sizes.includes(-1)) throw new Unsupported(node, 'it splits the batch')
  building.finish(node, 'SplitV', [building.ref(node.inputs['x']!), building.ints(sizes), building.ints(axis)], {
    num_split: int(sizes.length),
  })
}

const softmax: Translation = (node, building) => {
  const logits = node.inputs['logits']!
  const dim = Number(node.attributes['dim'])
  if (dim !== -1 && dim !== building.sizes(logits).length - 1)
    throw new Unsupported(node, 'it is not over the last axis')
  building.finish(node, 'Softmax', [building.ref(logits)])
}

const resize =
  (op: string): Translation =>
  (node, building) => {
    const { alignCorners, halfPixelCenters, size } = node.attributes
    const given = [building.ref(node.inputs['images']!), building.ints(size as readonly number[])]
    building.finish(node, op, given, {
      align_corners: flag(alignCorners === true),
      half_pixel_centers: flag(halfPixelCenters === true),
    })
  }

const x = ['x']
const ab = ['a', 'b']

/** The kernels of TensorFlow.js, as operations of TensorFlow. */
export const translations: { readonly [kernel: string]: Translation } = {
  Conv2D: convolution('Conv2D'),
  DepthwiseConv2dNative: convolution('DepthwiseConv2dNative'),
  BatchMatMul: product,
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AvgPool'),
  FusedBatchNorm: same('FusedBatchNormV3', ['x', 'scale', 'offset', 'mean', 'variance'], ({ attributes }) => ({
    epsilon: float(Number(attributes['varianceEpsilon'])),
    is_training: flag(false),
    ...channelsLast,
  })),
  ...Object.fromEntries(
    ['Relu', 'Relu6', 'Elu', 'Sigmoid', 'Tanh', 'Erf', 'Exp', 'Neg', 'Abs', 'Sqrt', 'Rsqrt', 'Square', 'Softplus'].map(
      (kernel) => [kernel, same(kernel, x)],
    ),
  ),
  LeakyRelu: same('LeakyRelu', x, ({ attributes }) => ({ alpha: float(Number(attributes['alpha'])) })),
  Add: same('AddV2', ab),
  Sub: same('Sub', ab),
  Multiply: same('Mul', ab),
  RealDiv: same('RealDiv', ab),
  Pow: same('Pow', ab),
  Maximum: same('Maximum', ab),
  Minimum: same('Minimum', ab),
  Mean: reduction('Mean'),
  Sum: reduction('Sum'),
  Max: reduction('Max'),
  Min: reduction('Min'),
  Softmax: softmax,
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: (node, building) =>
    building.finish(node, 'Transpose', [
      building.ref(node.inputs['x']!),
      building.ints(node.attributes['perm'] as readonly number[]),
    ]),
  Tile: (node, building) =>
    building.finish(node, 'Tile', [
      building.ref(node.inputs['x']!),
      building.ints(node.attributes['reps'] as readonly number[]),
    ]),
  Concat: concat,
  Slice: slice,
  SplitV: split,
  PadV2: (node, building) =>
    building.finish(node, 'PadV2', [
      building.ref(node.inputs['x']!),
      paddings(node, building),
      building.float(Number(node.attributes['constantValue'])),
    ]),
  MirrorPad: (node, building) =>
    building.finish(node, 'MirrorPad', [building.ref(node.inputs['x']!), paddings(node, building)], {
      mode: text(String(node.attributes['mode']).toUpperCase()),
    }),
  ResizeBilinear: resize('ResizeBilinear'),
  ResizeNearestNeighbor: resize('ResizeNearestNeighbor'),
}
