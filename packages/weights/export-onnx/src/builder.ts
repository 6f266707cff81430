import { reshape, type Tensor, tidy, transpose } from '@tensorflow/tfjs-core'
import type { AttributeValue, Initialiser, Operator } from '@resfn/onnx'
import type { Extent, Graph, Node } from '@resfn/trace'
import { between, inLayout, type Layout, plain, sameLayout, usual } from './layout.ts'

/** A node that ONNX has no form of; it is caught where the export begins. */
export class Unsupported extends Error {
  readonly node: Node
  constructor(node: Node, what: string) {
    super(what)
    this.node = node
  }
}

type Attributes = { readonly [name: string]: AttributeValue }

/** A value of the graph as the model has it. */
export type Placed = { readonly name: string; readonly layout: Layout }

/** A tensor of the graph as it lies in the model: its axes turned, then its shape. */
export type Turn = { readonly axes?: readonly number[]; readonly shape?: readonly number[] }

/** What the translation of a node works with. */
export type Builder = {
  /** the shape of a value of the graph, in the order of TensorFlow.js */
  readonly shapeOf: (value: string) => readonly Extent[]
  /** a value that is computed, in the layout that it has; undefined for a tensor */
  readonly placed: (value: string) => Placed | undefined
  /** the name of a value in a layout, transposed if need be; a tensor may have fewer axes */
  readonly as: (value: string, layout: Layout) => string
  /** the name of a tensor of the graph, turned */
  readonly tensor: (value: string, turn?: Turn) => string
  /** the numbers of a tensor of the graph, turned by a function of TensorFlow.js */
  readonly derived: (name: string, shape: readonly number[], make: () => Tensor) => string
  /** an input of whole numbers, or of one number */
  readonly ints: (values: readonly number[]) => string
  readonly float: (value: number) => string
  /** adds an operator and gives the name of its output; the last one of a node takes the node's name */
  readonly add: (type: string, inputs: readonly string[], attributes?: Attributes) => string
  /** says where an output of a node is */
  readonly place: (value: string, placed: Placed) => void
}

/** Everything that was built. */
export type Built = { readonly operators: readonly Operator[]; readonly initialisers: readonly Initialiser[] }

/** The bytes of a tensor of TensorFlow.js; `make` must make a new one. */
const reader =
  (make: () => Tensor): (() => Promise<Uint8Array>) =>
  async () => {
    const tensor = make()
    try {
      const values = await tensor.data<'float32'>()
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    } finally {
      tensor.dispose()
    }
  }

const shapesHere = (shape: readonly Extent[]): readonly number[] =>
  shape.map((extent) => (typeof extent === 'number' ? extent : -1))

/** The shape for Reshape: at most one size is found when the model runs. */
export const reshapeSizes = (shape: readonly Extent[], layout: Layout): readonly number[] =>
  shapesHere(inLayout(shape, layout))

/**
 * A place to build a model in.
 *
 * @param graph what a net does
 * @param names the name in the model of a tensor of the graph
 * @param input the name and layout of the input
 */
export const builder = (
  graph: Graph,
  names: (value: string) => string,
  input: Placed,
): Builder & { readonly of: (node: string) => void; readonly built: () => Built } => {
  const operators: Operator[] = []
  const initialisers = new Map<string, Initialiser>()
  const places = new Map<string, Placed>([[graph.input, input]])
  const taken = new Set([input.name])
  let nodeName = ''

  const free = (name: string): string => {
    let found = name
    for (let i = 1; taken.has(found); i++) found = `${name}_${i}`
    taken.add(found)
    return found
  }
  const known = new Map<string, string>()
  /** A tensor of the model, once for each key. */
  const once = (key: string, make: () => Initialiser): string => {
    const name = known.get(key)
    if (name !== undefined) return name
    const made = make()
    initialisers.set(made.name, made)
    known.set(key, made.name)
    return made.name
  }
  const derived = (name: string, shape: readonly number[], make: () => Tensor): string =>
    once(`${name} derived`, () => ({ name: free(name), type: 'float', shape, read: reader(() => tidy(make)) }))
  const tensor = (value: string, turn: Turn = {}): string => {
    const given = graph.tensors[value]!
    const axes = turn.axes ?? plain(given.rank)
    const shape = turn.shape ?? inLayout(given.shape, axes)
    return once(JSON.stringify([value, axes, shape]), () => ({
      name: free(names(value)),
      type: 'float',
      shape,
      read: reader(() => tidy(() => reshape(transpose(given, [...axes]), [...shape]))),
    }))
  }
  const add: Builder['add'] = (type, inputs, attributes) => {
    const name = free(nodeName === '' ? type : `${nodeName}/${type}`)
    operators.push({ type, name, inputs, outputs: [name], ...(attributes && { attributes }) })
    return name
  }
  const turned = new Map<string, string>()
  const as: Builder['as'] = (value, layout) => {
    const placed = places.get(value)
    if (placed === undefined) {
      const { shape, rank } = graph.tensors[value]!
      if (rank === 0) return tensor(value)
      const full = [...layout.slice(rank).map(() => 1), ...shape]
      // Leading axes of size 1 come by themselves.
      const sizes = inLayout(full, layout)
      return tensor(value, {
        axes: layout.map((axis) => axis - (layout.length - rank)).filter((axis) => axis >= 0),
        shape: sizes.slice(
          Math.max(
            0,
            sizes.findIndex((size) => size !== 1),
          ),
        ),
      })
    }
    if (sameLayout(placed.layout, layout)) return placed.name
    const key = `${placed.name} ${layout.join()}`
    const name = turned.get(key) ?? add('Transpose', [placed.name], { perm: { ints: between(placed.layout, layout) } })
    turned.set(key, name)
    return name
  }
  const float32 = (value: number): Uint8Array => new Uint8Array(new Float32Array([value]).buffer)
  return {
    shapeOf: (value) => graph.values[value]!.shape,
    placed: (value) => places.get(value),
    as,
    tensor,
    derived,
    ints: (values) =>
      once(`ints ${values.join()}`, () => ({
        name: free('sizes'),
        type: 'int64',
        shape: [values.length],
        read: async () => new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
      })),
    float: (value) =>
      once(`float ${value}`, () => ({
        name: free('number'),
        type: 'float',
        shape: [],
        read: async () => float32(value),
      })),
    add,
    place: (value, placed) => void places.set(value, placed),
    of: (name) => {
      nodeName = name
    },
    built: () => ({ operators, initialisers: [...initialisers.values()] }),
  }
}

/** The usual layout of a value of the graph. */
export const usualOf = ({ shapeOf }: Builder, value: string): Layout => usual(shapeOf(value).length)
