import type { Tensor } from '@tensorflow/tfjs-core'
import type { Extent, Graph, Node } from '@resfn/trace'
import { constant, type NodeDef, nodeDef, placeholder } from './graph-def.ts'

/** A node that a graph model has no form of; it is caught where the export begins. */
export class Unsupported extends Error {
  readonly node: Node
  constructor(node: Node, what: string) {
    super(what)
    this.node = node
  }
}

/** A tensor of the model. */
export type Weight = {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32'
  /** its bytes, little-endian and row by row; read when its file is written */
  readonly read: () => Promise<Uint8Array>
}

/** What the translation of a node works with. */
export type Builder = {
  /** the sizes of a value; -1 for one that grows with the batch */
  readonly sizes: (value: string) => readonly number[]
  /** how an operation names a value */
  readonly ref: (value: string) => string
  /** an input of whole numbers; a single one where no list is wanted */
  readonly ints: (values: readonly number[] | number) => string
  readonly float: (value: number) => string
  /** adds an operation between others, and gives how it is named */
  readonly add: (op: string, inputs: readonly string[], attr?: NodeDef['attr']) => string
  /** adds the operation that the outputs of the node come from */
  readonly finish: (node: Node, op: string, inputs: readonly string[], attr?: NodeDef['attr']) => void
}

/** Numbers that grow with the batch as -1. */
export const known = (shape: readonly Extent[]): readonly number[] =>
  shape.map((extent) => (typeof extent === 'number' ? extent : -1))

const bytesOf = (values: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

const weightOf = (name: string, tensor: Tensor): Weight => ({
  name,
  shape: tensor.shape,
  dtype: 'float32',
  read: async () => bytesOf(await tensor.data<'float32'>()),
})

/** A place to build a model in; `names` gives the name in the model of a tensor of the graph. */
export const builder = (
  graph: Graph,
  names: (value: string) => string,
): Builder & { readonly built: () => { readonly nodes: readonly NodeDef[]; readonly weights: readonly Weight[] } } => {
  const nodes: NodeDef[] = [placeholder('input', known(graph.values[graph.input]!.shape))]
  const weights = new Map<string, Weight>()
  const refs = new Map([[graph.input, 'input']])
  const taken = new Set(['input', 'output'])
  const free = (name: string): string => {
    let found = name
    for (let i = 1; taken.has(found); i++) found = `${name}_${i}`
    taken.add(found)
    return found
  }
  const hold = (key: string, make: (name: string) => Weight, name: string): string => {
    const ref = refs.get(key)
    if (ref !== undefined) return ref
    const weight = make(free(name))
    weights.set(weight.name, weight)
    nodes.push(constant(weight.name, weight.dtype))
    refs.set(key, weight.name)
    return weight.name
  }
  const add = (op: string, inputs: readonly string[], attr?: NodeDef['attr']): string => {
    const name = free(op)
    nodes.push(nodeDef(name, op, inputs, attr))
    return name
  }
  const ref = (value: string): string =>
    refs.get(value) ?? hold(value, (name) => weightOf(name, graph.tensors[value]!), names(value))
  return {
    sizes: (value) => known(graph.values[value]!.shape),
    ref,
    ints: (values) => {
      const list = Array.isArray(values) ? (values as readonly number[]) : undefined
      const numbers = Int32Array.from(list ?? [Number(values)])
      const shape = list === undefined ? [] : [list.length]
      const make = (name: string): Weight => ({ name, shape, dtype: 'int32', read: async () => bytesOf(numbers) })
      return hold(`ints ${JSON.stringify(values)}`, make, 'sizes')
    },
    float: (value) => {
      const numbers = Float32Array.of(value)
      const make = (name: string): Weight => ({ name, shape: [], dtype: 'float32', read: async () => bytesOf(numbers) })
      return hold(`float ${value}`, make, 'number')
    },
    add,
    finish: ({ outputs }, op, inputs, attr) => {
      const name = add(op, inputs, attr)
      for (const [i, output] of outputs.entries()) refs.set(output, i === 0 ? name : `${name}:${i}`)
    },
    built: () => ({
      nodes: [...nodes, nodeDef('output', 'Identity', [ref(graph.output)])],
      weights: [...weights.values()],
    }),
  }
}
