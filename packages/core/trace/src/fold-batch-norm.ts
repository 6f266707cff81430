import { add, div, mul, reshape, sqrt, sub, type Tensor, tidy, zerosLike } from '@tensorflow/tfjs-core'
import type { Graph, Node } from './graph.ts'
import { convolutions, countUses, mergeBias } from './merge-bias.ts'

type Folded = { readonly node: Node; readonly tensors: Graph['tensors'] }

/** A convolution that does what it and the normalisation after it do. */
const foldInto = (convolution: Node, norm: Node, tensors: Graph['tensors'], free: (name: string) => string): Folded => {
  const { filter: filterName, bias: biasName } = convolution.inputs as {
    readonly filter: string
    readonly bias?: string
  }
  const [mean, variance] = [tensors[norm.inputs['mean']!]!, tensors[norm.inputs['variance']!]!]
  const [scale, offset] = ['scale', 'offset'].map((input) => tensors[norm.inputs[input] ?? ''])
  const filter = tensors[filterName]!
  const folded = free(`${filterName}/folded`)
  const shift = free(`${filterName.replace(/[^.]*$/, '')}bias/folded`)
  const [weight, bias] = tidy((): Tensor[] => {
    const deviation = sqrt(add(variance, norm.attributes['varianceEpsilon'] as number))
    const factor = scale === undefined ? div(1, deviation) : div(scale, deviation)
    // The outputs are the last axis, or the last two of a depthwise filter.
    const perOutput = convolution.kernel === 'DepthwiseConv2dNative' ? reshape(factor, filter.shape.slice(2)) : factor
    const before = biasName === undefined ? zerosLike(mean) : tensors[biasName]!
    const centred = mul(sub(before, mean), factor)
    return [mul(filter, perOutput), offset === undefined ? centred : add(centred, offset)]
  })
  return {
    node: { ...convolution, inputs: { ...convolution.inputs, filter: folded, bias: shift }, outputs: norm.outputs },
    tensors: { [folded]: weight!, [shift]: bias! },
  }
}

/**
 * The graph with each batch normalisation folded into the convolution before it, where nothing else reads that: `filter
 * scale / sqrt(variance + epsilon)`, and a `bias` that the convolution adds. The logits stay, but for rounding.
 *
 * @param given what a net does
 * @returns a graph that has its own tensors
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { foldBatchNorm, trace } from '@resfn/trace'
 * import { dispose } from '@resfn/tree'
 *
 * const net = createNet('cifar-resnet8')
 * const graph = trace(net, init(net, key(0), net.input), { input: net.input })
 * const folded = foldBatchNorm(graph)
 * assert.ok(folded.nodes.every(({ kernel }) => kernel !== 'FusedBatchNorm'))
 * dispose([graph.tensors, folded.tensors])
 * ```
 */
export const foldBatchNorm = (given: Graph): Graph => {
  const graph = mergeBias(given)
  const uses = countUses(graph)
  const nodes: Node[] = []
  const made: { [name: string]: Tensor } = {}
  const tensors = { ...graph.tensors }
  const free = (name: string): string => (Object.hasOwn(made, name) ? free(`${name}'`) : name)
  for (const node of graph.nodes) {
    const at = nodes.findLastIndex(({ outputs }) => outputs[0] === node.inputs['x'])
    const before = nodes[at]
    if (
      node.kernel !== 'FusedBatchNorm' ||
      before === undefined ||
      !convolutions.has(before.kernel) ||
      uses.get(before.outputs[0]!) !== 1
    ) {
      nodes.push(node)
      continue
    }
    const folded = foldInto(before, node, tensors, free)
    Object.assign(made, folded.tensors)
    Object.assign(tensors, folded.tensors)
    nodes[at] = folded.node
  }
  return withTensors(graph, nodes, made)
}

/** The graph with other nodes; the tensors that they read are copied, those made for them taken. */
const withTensors = (graph: Graph, nodes: readonly Node[], made: Graph['tensors']): Graph => {
  const read = new Set([graph.output, ...nodes.flatMap(({ inputs }) => Object.values(inputs))])
  const copied = Object.entries(graph.tensors)
    .filter(([name]) => read.has(name))
    .map(([name, tensor]) => [name, tensor.clone()] as const)
  const added = Object.entries(made).map(([name, { shape, dtype }]) => [name, { shape, dtype }] as const)
  const kept = new Set([...read, graph.input, ...nodes.flatMap(({ outputs }) => outputs)])
  return {
    ...graph,
    nodes,
    values: {
      ...Object.fromEntries(Object.entries(graph.values).filter(([name]) => kept.has(name))),
      ...Object.fromEntries(added),
    },
    tensors: { ...Object.fromEntries(copied), ...made },
  }
}
