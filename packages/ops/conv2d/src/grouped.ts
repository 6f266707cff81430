import { concat, conv2d, engine, type NamedAttrMap, split, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { type Contracted, definePrimitive, dilateFilter, undilateFilter } from '@resfn/primitive'
import { sides, type Window } from './window.ts'

/** Runs a kernel of tfjs that has no operation, on NHWC. */
const run = (name: string, inputs: { readonly [name: string]: Tensor }, settings: object): Tensor =>
  engine().runKernel<Tensor>(name, { ...inputs }, { dataFormat: 'NHWC', ...settings } as NamedAttrMap)

const windowOf = ({ stride, padding, dilation, groups }: Window): Window => ({ stride, padding, dilation, groups })

/** One result of two tensors' channels a group. */
const byGroup = (groups: number, a: Tensor, b: Tensor, f: (a: Tensor, b: Tensor) => Tensor): Tensor => {
  const bs = split(b, groups, 3)
  return concat(
    split(a, groups, 3).map((part, group) => f(part, bs[group]!)),
    3,
  )
}

// The gradients call each other only when they run: the three are each other's second derivatives.
export const groupedConv2d: Contracted<'GroupedConv2D'> = definePrimitive({
  name: 'GroupedConv2D',
  composed: ({ x, filter }, { stride, padding, dilation, groups }) => {
    // tfjs takes no stride and dilation together.
    const spread = stride > 1 ? dilation : 1
    const wide = dilateFilter(filter, [spread, spread])
    return [
      byGroup(groups, x, wide, (x, filter) =>
        conv2d(x as Tensor4D, filter as Tensor4D, stride, sides(padding), 'NHWC', dilation / spread),
      ),
    ]
  },
  saves: { inputs: ['x', 'filter'], outputs: [] },
  gradient: ([dy], { inputs: { x, filter } }, settings) => {
    const window = windowOf(settings)
    const [dx] = backpropInput({ dy, filter }, { ...window, inputShape: x.shape })
    const [dfilter] = backpropFilter({ x, dy }, { ...window, filterShape: filter.shape })
    return { x: dx, filter: dfilter }
  },
})

const backpropInput: Contracted<'GroupedConv2DBackpropInput'> = definePrimitive({
  name: 'GroupedConv2DBackpropInput',
  composed: ({ dy, filter }, { stride, padding, dilation, groups, inputShape }) => {
    const [batch, height, width, channels] = inputShape as Tensor4D['shape']
    const settings = { strides: stride, pad: sides(padding), inputShape: [batch, height, width, channels / groups] }
    const wide = dilateFilter(filter, [dilation, dilation])
    return [byGroup(groups, dy, wide, (dy, filter) => run('Conv2DBackpropInput', { dy, filter }, settings))]
  },
  saves: { inputs: ['dy', 'filter'], outputs: [] },
  gradient: ([dx], { inputs: { dy, filter } }, settings) => {
    const window = windowOf(settings)
    const [ddy] = groupedConv2d({ x: dx, filter }, window)
    const [dfilter] = backpropFilter({ x: dx, dy }, { ...window, filterShape: filter.shape })
    return { dy: ddy, filter: dfilter }
  },
})

const backpropFilter: Contracted<'GroupedConv2DBackpropFilter'> = definePrimitive({
  name: 'GroupedConv2DBackpropFilter',
  composed: ({ x, dy }, { stride, padding, dilation, groups, filterShape }) => {
    const [height, width, depth, out] = filterShape as Tensor4D['shape']
    const reach = (size: number): number => dilation * (size - 1) + 1
    const wideShape = [reach(height), reach(width), depth, out / groups]
    const settings = { strides: stride, pad: sides(padding), filterShape: wideShape }
    const wide = byGroup(groups, x, dy, (x, dy) => run('Conv2DBackpropFilter', { x, dy }, settings))
    return [undilateFilter(wide, filterShape, [dilation, dilation])]
  },
  saves: { inputs: ['x', 'dy'], outputs: [] },
  gradient: ([dfilter], { inputs: { x, dy } }, settings) => {
    const window = windowOf(settings)
    const [dx] = backpropInput({ dy, filter: dfilter }, { ...window, inputShape: x.shape })
    const [ddy] = groupedConv2d({ x, filter: dfilter }, window)
    return { x: dx, dy: ddy }
  },
})
