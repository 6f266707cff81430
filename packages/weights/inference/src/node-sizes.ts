import type { Graph, Node } from '@resfn/trace'
import type { Shape } from '@resfn/layer'

/** The shape of a value for one sample, without the batch axis. */
export const sampleShape = ({ values }: Pick<Graph, 'values'>, value: string): Shape =>
  values[value]!.shape.map((extent) => (typeof extent === 'number' ? extent : extent.perSample)).slice(1)

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1)

/** Multiply-adds of a node for one sample: those of convolutions and matrix products. */
export const macsOf = ({ kernel, inputs, attributes, outputs }: Node, graph: Pick<Graph, 'values'>): number => {
  const outs = (): number => product(sampleShape(graph, outputs[0]!))
  const sizesOf = (value: string): Shape => graph.values[value]!.shape as Shape
  switch (kernel) {
    case 'FusedConvolution':
    case 'Conv2D':
    case 'GroupedConv2D':
      return outs() * product(sizesOf(inputs['filter']!).slice(0, 3))
    case 'DepthwiseConv2dNative':
      return outs() * product(sizesOf(inputs['filter']!).slice(0, 2))
    case 'BatchMatMul':
      return outs() * (sizesOf(inputs['a']!).at(attributes['transposeA'] === true ? -2 : -1) ?? 1)
    default:
      return 0
  }
}
