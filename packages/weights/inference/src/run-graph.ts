import { composedForm, type Settings } from '@resfn/primitive'
import type { Attribute, Graph, Node } from '@resfn/trace'
import { fusedConvolution, scaleShift } from './primitives.ts'
import {
  engine,
  getBackend,
  getKernel,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
} from '@tensorflow/tfjs-core'

/** A setting for a batch. */
const settingOf = (attribute: Attribute, batch: number): unknown => {
  if (typeof attribute !== 'object' || attribute === null) return attribute
  return 'perSample' in attribute ? attribute.perSample * batch : attribute.map((one) => settingOf(one, batch))
}

/** Lists of tensors are recorded under their places. */
const isList = (inputs: object): boolean => Object.keys(inputs)[0] === '0'

const primitives: { readonly [kernel: string]: (inputs: never, settings: never) => readonly Tensor[] } = {
  FusedConvolution: fusedConvolution,
  ScaleShift: scaleShift,
}

/** Runs a primitive, or a kernel of the backend. */
const runKernel = (kernel: string, inputs: NamedTensorMap, settings: object): readonly Tensor[] => {
  const primitive = primitives[kernel]
  if (primitive !== undefined) return primitive(inputs as never, settings as never)
  // A primitive that ran on another backend when it was traced.
  const composed = getKernel(kernel, getBackend()) == null ? composedForm(kernel) : undefined
  if (composed !== undefined) return composed(inputs, settings as Settings)
  const given = isList(inputs) ? (Object.values(inputs) as unknown as NamedTensorMap) : inputs
  const outputs: Tensor | Tensor[] = engine().runKernel(kernel, given, settings as NamedAttrMap)
  return Array.isArray(outputs) ? outputs : [outputs]
}

/** For each node, the values that nothing reads after it. */
const lastUses = ({ nodes, input, output, tensors }: Graph): readonly (readonly string[])[] => {
  const known = new Set([input, output, ...Object.keys(tensors)])
  return nodes
    .toReversed()
    .map(({ inputs, outputs }) => {
      const last = [...new Set([...Object.values(inputs), ...outputs])].filter((value) => !known.has(value))
      for (const value of last) known.add(value)
      return last
    })
    .toReversed()
}

type Step = Pick<Node, 'kernel' | 'inputs' | 'outputs'> & {
  readonly last: readonly string[]
  readonly settings: (batch: number) => object
}

const stepOf = ({ kernel, inputs, attributes, outputs }: Node, last: readonly string[]): Step => {
  const settings = (batch: number): object =>
    Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, settingOf(attribute, batch)]))
  // Most settings are the same for any batch.
  const fixed = JSON.stringify(attributes).includes('"perSample"') ? undefined : settings(1)
  return { kernel, inputs, outputs, last, settings: (batch) => fixed ?? settings(batch) }
}

/** The function that a graph describes; it frees what passes between the kernels once nothing reads it. */
export const graphFunction = (graph: Graph): ((tensors: Graph['tensors'], x: Tensor) => Tensor) => {
  const last = lastUses(graph)
  const steps = graph.nodes.map((node, i) => stepOf(node, last[i]!))
  return (tensors, x) => {
    const values = new Map<string, Tensor>([[graph.input, x]])
    for (const { kernel, inputs, outputs, last, settings } of steps) {
      const given: NamedTensorMap = {}
      for (const input in inputs) given[input] = tensors[inputs[input]!] ?? values.get(inputs[input]!)!
      const results = runKernel(kernel, given, settings(x.shape[0]!))
      for (const [i, output] of outputs.entries()) values.set(output, results[i]!)
      for (const value of last) values.get(value)!.dispose()
    }
    return values.get(graph.output) ?? tensors[graph.output]!
  }
}
