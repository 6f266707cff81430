import type { Graph, Node } from './graph.ts'

/** The convolutions. */
export const convolutions: ReadonlySet<string> = new Set(['Conv2D', 'DepthwiseConv2dNative', 'GroupedConv2D'])

/**
 * How often each value is read; the output counts once.
 *
 * @param graph what a net does
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { countUses, trace } from '@resfn/trace'
 * import { dispose } from '@resfn/tree'
 *
 * const net = dense({ out: 2 })
 * const graph = trace(net, init(net, key(0), [3]), { input: [3] })
 * assert.equal(countUses(graph).get('params.weight'), 1)
 * dispose(graph.tensors)
 * ```
 */
export const countUses = ({ nodes, output }: Graph): ReadonlyMap<string, number> => {
  const uses = new Map([[output, 1]])
  for (const { inputs } of nodes) for (const value of Object.values(inputs)) uses.set(value, (uses.get(value) ?? 0) + 1)
  return uses
}

/** The operands of an addition, if the second is a tensor with one number a channel. */
const biasOf = (
  { kernel, inputs, outputs }: Node,
  { values, tensors }: Graph,
): readonly [x: string, bias: string] | undefined => {
  if (kernel !== 'Add') return undefined
  const channels = values[outputs[0]!]!.shape.at(-1)
  const { a, b } = inputs as { readonly a: string; readonly b: string }
  return (
    [
      [a, b],
      [b, a],
    ] as const
  ).find(([, bias]) => tensors[bias]?.rank === 1 && tensors[bias].shape[0] === channels)
}

/**
 * The graph with each bias as an input `bias` of the convolution or matrix product that it is added to, where nothing
 * else reads that. It shares the tensors of the graph.
 *
 * @param graph what a net does
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { mergeBias, trace } from '@resfn/trace'
 * import { dispose } from '@resfn/tree'
 *
 * const net = dense({ out: 2 })
 * const graph = trace(net, init(net, key(0), [3]), { input: [3] })
 * assert.equal(mergeBias(graph).nodes[0]?.inputs['bias'], 'params.bias')
 * dispose(graph.tensors)
 * ```
 */
export const mergeBias = (graph: Graph): Graph => {
  const uses = countUses(graph)
  const nodes: Node[] = []
  for (const node of graph.nodes) {
    const operands = biasOf(node, graph)
    const at = operands === undefined ? -1 : nodes.findLastIndex(({ outputs }) => outputs[0] === operands[0])
    const before = nodes[at]
    if (
      before === undefined ||
      !(convolutions.has(before.kernel) || before.kernel === 'BatchMatMul') ||
      before.inputs['bias'] !== undefined ||
      uses.get(before.outputs[0]!) !== 1
    )
      nodes.push(node)
    else nodes[at] = { ...before, inputs: { ...before.inputs, bias: operands![1] }, outputs: node.outputs }
  }
  return { ...graph, nodes }
}
