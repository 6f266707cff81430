import type { AttributeValue } from '@resfn/onnx'
import type { Extent, Node } from '@resfn/trace'
import { type Builder, type Placed, reshapeSizes, Unsupported } from './builder.ts'
import { axisHere, inLayout, type Layout, plain, reshapedLayout, withoutAxes } from './layout.ts'
import type { Translation } from './translate-network.ts'

type Attributes = { readonly [name: string]: AttributeValue }

const inputOf = (node: Node, building: Builder, input = 'x'): Placed => {
  const placed = building.placed(node.inputs[input] ?? '')
  if (placed === undefined) throw new Unsupported(node, `its ${input} does not depend on the input of the net`)
  return placed
}

/** A function of each number alone. */
const each =
  (type: string, attributesOf: (node: Node) => Attributes = () => ({})): Translation =>
  (node, building) => {
    const { name, layout } = inputOf(node, building)
    building.place(node.outputs[0]!, { name: building.add(type, [name], attributesOf(node)), layout })
  }

const clip =
  (low: number, high: number): Translation =>
  (node, building) => {
    const { name, layout } = inputOf(node, building)
    const given = [name, building.float(low), building.float(high)]
    building.place(node.outputs[0]!, { name: building.add('Clip', given), layout })
  }

const wideAxes = (shape: readonly Extent[]): number => shape.filter((extent) => extent !== 1).length

/** The layout of the operand that the other one stretches over. */
const commonLayout = (node: Node, building: Builder): Layout => {
  const rank = building.shapeOf(node.outputs[0]!).length
  const [first] = Object.values(node.inputs)
    .map((value) => ({ placed: building.placed(value), shape: building.shapeOf(value) }))
    .filter(({ placed, shape }) => placed !== undefined && shape.length === rank)
    .sort((a, b) => wideAxes(b.shape) - wideAxes(a.shape))
  if (first === undefined) throw new Unsupported(node, 'its operands have other numbers of axes than its output')
  return first.placed!.layout
}

/** A value in a layout that may have more axes: the missing ones come first, of size 1. */
const stretched = (value: string, layout: Layout, building: Builder): string => {
  const { length } = building.shapeOf(value)
  if (building.placed(value) === undefined || length === layout.length) return building.as(value, layout)
  const missing = layout.length - length
  const axes = building.ints(plain(missing))
  const wide = building.add('Unsqueeze', [building.as(value, plain(length)), axes])
  return building.add('Transpose', [wide], { perm: { ints: layout } })
}

const binary =
  (type: string): Translation =>
  (node, building) => {
    const layout = commonLayout(node, building)
    const given = ['a', 'b'].map((input) => stretched(node.inputs[input]!, layout, building))
    building.place(node.outputs[0]!, { name: building.add(type, given), layout })
  }

const squared: Translation = (node, building) => {
  const { name, layout } = inputOf(node, building)
  building.place(node.outputs[0]!, { name: building.add('Mul', [name, name]), layout })
}

const rsqrt: Translation = (node, building) => {
  const { name, layout } = inputOf(node, building)
  building.place(node.outputs[0]!, { name: building.add('Reciprocal', [building.add('Sqrt', [name])]), layout })
}

/** A sum over axes. ONNX 17 takes the axes of a sum as an input, and those of the others as a setting. */
const reduction =
  (type: string): Translation =>
  (node, building) => {
    const { name, layout } = inputOf(node, building)
    const { axis, reductionIndices, keepDims } = node.attributes
    const given = axis ?? reductionIndices
    const axes = (Array.isArray(given) ? (given as readonly number[]) : [Number(given)]).map(
      (one) => layout[axisHere(one, layout)]!,
    )
    const here = axes.map((one) => axisHere(one, layout)).toSorted((a, b) => a - b)
    const kept: Attributes = { keepdims: { int: keepDims === true ? 1 : 0 } }
    const reduced =
      type === 'ReduceSum'
        ? building.add(type, [name, building.ints(here)], kept)
        : building.add(type, [name], { ...kept, axes: { ints: here } })
    building.place(node.outputs[0]!, {
      name: reduced,
      layout: keepDims === true ? layout : withoutAxes(layout, axes),
    })
  }

const softmax: Translation = (node, building) => {
  const { name, layout } = inputOf(node, building, 'logits')
  const axis = axisHere(Number(node.attributes['dim']), layout)
  building.place(node.outputs[0]!, { name: building.add('Softmax', [name], { axis: { int: axis } }), layout })
}

const reshape: Translation = (node, building) => {
  const [x, output] = [Object.values(node.inputs)[0]!, node.outputs[0]!]
  const [from, to] = [building.shapeOf(x), building.shapeOf(output)]
  if (to.filter((extent) => typeof extent !== 'number').length > 1)
    throw new Unsupported(node, 'more than one size of its output grows with the batch')
  const here = inputOf(node, building, Object.keys(node.inputs)[0]).layout
  const layout = reshapedLayout(here, from, to)
  const given = building.as(x, layout === undefined ? plain(from.length) : here)
  const found = layout ?? reshapedLayout(plain(from.length), from, to)!
  const name = building.add('Reshape', [given, building.ints(reshapeSizes(to, found))])
  building.place(output, { name, layout: found })
}

/** Nothing is moved: the value has another layout. */
const transpose: Translation = (node, building) => {
  const { name, layout } = inputOf(node, building)
  const permutation = node.attributes['perm'] as readonly number[]
  building.place(node.outputs[0]!, { name, layout: layout.map((axis) => permutation.indexOf(axis)) })
}

const concat: Translation = (node, building) => {
  const { layout } = Object.values(node.inputs)
    .map((value) => building.placed(value))
    .find((placed) => placed !== undefined)!
  const given = Object.values(node.inputs).map((value) => building.as(value, layout))
  const axis = axisHere(Number(node.attributes['axis']), layout)
  building.place(node.outputs[0]!, { name: building.add('Concat', given, { axis: { int: axis } }), layout })
}

const slice: Translation = (node, building) => {
  const { name, layout } = inputOf(node, building)
  const from = building.shapeOf(node.inputs['x']!)
  const to = building.shapeOf(node.outputs[0]!)
  const given = [node.attributes['begin']].flat() as readonly Extent[]
  const begin = from.map((_, axis) => given[axis] ?? 0)
  const cut = plain(from.length).filter((axis) => JSON.stringify(from[axis]) !== JSON.stringify(to[axis]))
  if (cut.some((axis) => [from, to, begin].some((list) => typeof list[axis] !== 'number')))
    throw new Unsupported(node, 'it takes some samples of the batch')
  const ends = cut.map((axis) => Number(begin[axis]) + Number(to[axis]))
  const lists = [cut.map((axis) => Number(begin[axis])), ends, cut.map((axis) => axisHere(axis, layout))]
  building.place(node.outputs[0]!, {
    name: building.add('Slice', [name, ...lists.map((list) => building.ints(list))]),
    layout,
  })
}

const split: Translation = (node, building) => {
  const { name, layout } = inputOf(node, building)
  const rank = layout.length
  const axis = plain(rank).at(Number(node.attributes['axis']))!
  let begin = 0
  for (const output of node.outputs) {
    const size = building.shapeOf(output)[axis]
    if (typeof size !== 'number') throw new Unsupported(node, 'it splits the batch')
    const given = [begin, begin + size, axisHere(axis, layout)].map((number) => building.ints([number]))
    building.place(output, { name: building.add('Slice', [name, ...given]), layout })
    begin += size
  }
}

const pad =
  (mode: (node: Node) => string): Translation =>
  (node, building) => {
    const { name, layout } = inputOf(node, building)
    const paddings = inLayout(node.attributes['paddings'] as readonly (readonly number[])[], layout)
    const pads = [...paddings.map(([before]) => before!), ...paddings.map(([, after]) => after!)]
    const value = Number(node.attributes['constantValue'] ?? 0)
    const given = [name, building.ints(pads), ...(value === 0 ? [] : [building.float(value)])]
    building.place(node.outputs[0]!, { name: building.add('Pad', given, { mode: { string: mode(node) } }), layout })
  }

const mirror = (node: Node): string => {
  if (node.attributes['mode'] !== 'reflect') throw new Unsupported(node, 'it mirrors the edge itself')
  return 'reflect'
}

/** The kernels that work number by number, and those that only move numbers. */
export const elements: { readonly [kernel: string]: Translation } = {
  Relu: each('Relu'),
  Relu6: clip(0, 6),
  LeakyRelu: each('LeakyRelu', ({ attributes }) => ({ alpha: { float: Number(attributes['alpha']) } })),
  Elu: each('Elu'),
  Sigmoid: each('Sigmoid'),
  Tanh: each('Tanh'),
  Erf: each('Erf'),
  Exp: each('Exp'),
  Neg: each('Neg'),
  Abs: each('Abs'),
  Sqrt: each('Sqrt'),
  Softplus: each('Softplus'),
  Square: squared,
  Rsqrt: rsqrt,
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  Pow: binary('Pow'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Mean: reduction('ReduceMean'),
  Sum: reduction('ReduceSum'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Softmax: softmax,
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  SplitV: split,
  PadV2: pad(() => 'constant'),
  MirrorPad: pad(mirror),
}
