import { countUses, type Graph, type Node } from '@resfn/trace'
import type { Tensor } from '@tensorflow/tfjs-core'
import { convolutionNode, scaleNode } from './fused-nodes.ts'

const activations: { readonly [kernel: string]: string } = { Relu: 'relu', Relu6: 'relu6' }

/** The node, and the addition of its bias where the kernel has none. */
const withoutBias = (node: Node): readonly Node[] => {
  const { bias, ...inputs } = node.inputs
  if (bias === undefined || node.kernel === 'FusedConvolution') return [node]
  const sum = `${node.outputs[0]}/product`
  return [
    { ...node, inputs, outputs: [sum] },
    { kernel: 'Add', inputs: { a: sum, b: bias }, attributes: {}, outputs: node.outputs },
  ]
}

/** Whether a node can still take what comes after it: an activation is the last. */
const isOpen = ({ attributes }: Node): boolean => attributes['activation'] === 'linear'

/**
 * The graph with normalisations and factors as `ScaleShift`, convolutions as `FusedConvolution`, and in them the sum
 * with another image of the same shape and the activation that come after, where nothing else reads what is between.
 *
 * @param graph its tensors are the result's
 */
export const fuse = (graph: Graph): Graph => {
  const uses = countUses(graph)
  const made: { [name: string]: Tensor } = {}
  const nodes: Node[] = []
  const isLike = (a: string, b: string): boolean =>
    JSON.stringify(graph.values[a]!.shape) === JSON.stringify(graph.values[b]!.shape)
  /** The place of the node that makes a value which nothing else reads, if it can take more. */
  const opened = (value: string): number => {
    const at = uses.get(value) === 1 ? nodes.findLastIndex(({ outputs }) => outputs[0] === value) : -1
    return at >= 0 && isOpen(nodes[at]!) ? at : -1
  }
  // What it takes may have been made after it, so it moves to the end.
  const extend = (at: number, more: Partial<Node>): void => {
    const [node] = nodes.splice(at, 1)
    nodes.push({
      ...node!,
      ...more,
      inputs: { ...node!.inputs, ...more.inputs },
      attributes: { ...node!.attributes, ...more.attributes },
    })
  }
  const absorbed = ({ kernel, inputs, outputs }: Node): boolean => {
    const activation = activations[kernel]
    if (activation !== undefined) {
      const at = opened(inputs['x']!)
      if (at >= 0) extend(at, { attributes: { activation }, outputs })
      return at >= 0
    }
    if (kernel !== 'Add') return false
    const { a, b } = inputs as { readonly a: string; readonly b: string }
    if (!isLike(a, b) || a === b) return false
    const [at, residual] = opened(a) > opened(b) ? [opened(a), b] : [opened(b), a]
    if (at < 0 || nodes[at]!.inputs['residual'] !== undefined) return false
    extend(at, { inputs: { residual }, outputs })
    return true
  }
  for (const node of graph.nodes) {
    const start = convolutionNode(node, graph) ?? scaleNode(node, graph)
    if (start !== undefined) {
      Object.assign(made, start.tensors)
      nodes.push(start.node)
    } else if (!absorbed(node)) nodes.push(node)
  }
  const all = nodes.flatMap(withoutBias)
  const values = { ...graph.values }
  for (const [name, { shape, dtype }] of Object.entries(made)) values[name] = { shape, dtype }
  // A product has the shape of its sum with the bias.
  for (const { kernel, inputs, outputs } of all) if (kernel === 'Add') values[inputs['a']!] ??= values[outputs[0]!]!
  return { ...graph, nodes: all, values, tensors: { ...graph.tensors, ...made } }
}
