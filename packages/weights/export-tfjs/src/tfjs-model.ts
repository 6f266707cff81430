import { either as E } from 'fp-ts'
import type { Graph } from '@resfn/trace'
import { builder, known, Unsupported, type Weight } from './builder.ts'
import { type NodeDef, shapeOf, type TensorShape } from './graph-def.ts'
import { translations } from './translate.ts'

/** Why a net has no form as a graph model. */
export type TfjsExportError = {
  /** a kernel that graph models have no operation for, or a use of it */
  readonly _tag: 'UnsupportedKernel'
  readonly message: string
}

/** What the model says of itself. */
export type TfjsModelOptions = {
  /** the name in the model of a leaf of the net, given its path; the path by default */
  readonly nameOf?: (path: string) => string
  /** texts that travel with it, as `userDefinedMetadata` */
  readonly metadata?: { readonly [name: string]: string }
}

/** A file of weights, whose bytes are read when it is written. */
export type WeightFile = { readonly name: string; readonly read: () => AsyncIterable<Uint8Array> }

type WeightSpec = Pick<Weight, 'name' | 'shape' | 'dtype'>

type TensorInfo = { readonly name: string; readonly dtype: string; readonly tensorShape: TensorShape }

/** The content of `model.json`, as `loadGraphModel` reads it. */
export type ModelJson = {
  readonly format: 'graph-model'
  readonly generatedBy: string
  readonly convertedBy: null
  readonly signature: {
    readonly inputs: { readonly input: TensorInfo }
    readonly outputs: { readonly output: TensorInfo }
  }
  readonly userDefinedMetadata?: { readonly [name: string]: string }
  readonly modelTopology: { readonly node: readonly NodeDef[]; readonly library: object; readonly versions: object }
  readonly weightsManifest: readonly { readonly paths: readonly string[]; readonly weights: readonly WeightSpec[] }[]
}

/** A graph model: `model.json`, and the files beside it. */
export type TfjsModel = { readonly json: ModelJson; readonly files: readonly WeightFile[] }

const bytesOf = ({ shape }: Weight): number => shape.reduce((product, size) => product * size, 4)

/** Files of this size are what browsers keep in their caches. */
const fileSize = 4 * 2 ** 20

/** The tensors in files: a large one alone, small ones together. */
const grouped = (weights: readonly Weight[]): readonly (readonly Weight[])[] => {
  const groups: Weight[][] = []
  let room = 0
  for (const weight of weights) {
    const bytes = bytesOf(weight)
    if (bytes <= room) groups.at(-1)!.push(weight)
    else groups.push([weight])
    room = (bytes <= room ? room : fileSize) - bytes
  }
  return groups
}

const readAll = (weights: readonly Weight[]): (() => AsyncIterable<Uint8Array>) =>
  async function* () {
    for (const { read } of weights) yield await read()
  }

const pathOf = (value: string): string => value.replace(/^(params|state)\./, '')

const modelOf = (graph: Graph, { nameOf = (path) => path, metadata }: TfjsModelOptions): TfjsModel => {
  const building = builder(graph, (value) => {
    const [leaf, ...computed] = pathOf(value).split('/')
    return value.startsWith('constant') ? value : [nameOf(leaf!), ...computed].join('/')
  })
  for (const node of graph.nodes) {
    const translation = Object.hasOwn(translations, node.kernel) ? translations[node.kernel] : undefined
    if (translation === undefined)
      throw new Unsupported(node, 'graph models have no operation for it that is known here')
    translation(node, building)
  }
  const { nodes, weights } = building.built()
  const groups = grouped(weights)
  const nameOfFile = (i: number): string => `group${i + 1}-shard1of1.bin`
  const info = (name: string, value: string): TensorInfo => ({
    name: `${name}:0`,
    dtype: 'DT_FLOAT',
    tensorShape: shapeOf(known(graph.values[value]!.shape)),
  })
  return {
    json: {
      format: 'graph-model',
      generatedBy: 'resfn',
      convertedBy: null,
      signature: { inputs: { input: info('input', graph.input) }, outputs: { output: info('output', graph.output) } },
      ...(metadata && { userDefinedMetadata: metadata }),
      modelTopology: { node: nodes, library: {}, versions: {} },
      weightsManifest: groups.map((group, i) => ({
        paths: [nameOfFile(i)],
        weights: group.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
      })),
    },
    files: groups.map((group, i) => ({ name: nameOfFile(i), read: readAll(group) })),
  }
}

/**
 * A traced net as a graph model of TensorFlow.js, which `tf.loadGraphModel` reads without any code of resfn. Images are
 * channels last, the batch size is free. Trace the net with `primitives: 'expanded'`: a graph model knows the kernels
 * of TensorFlow.js alone. The tensors of the graph must live until the files are read.
 *
 * @param graph what the net does
 * @param options what the model says of itself
 * @returns the model, or the kernel that has no operation
 * @see TensorFlow.js, "Import a TensorFlow model", and the operations that its converter supports
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { tfjsModel } from '@resfn/export-tfjs'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { trace } from '@resfn/trace'
 * import { dispose } from '@resfn/tree'
 * import { either as E } from 'fp-ts'
 *
 * const net = createNet('cifar-resnet8')
 * const graph = trace(net, init(net, key(0), net.input), { input: net.input, primitives: 'expanded' })
 * const model = tfjsModel(graph)
 * assert.ok(E.isRight(model))
 * assert.deepEqual(model.right.files.map(({ name }) => name), ['group1-shard1of1.bin'])
 * dispose(graph.tensors)
 * ```
 */
export const tfjsModel = (graph: Graph, options: TfjsModelOptions = {}): E.Either<TfjsExportError, TfjsModel> => {
  try {
    return E.right(modelOf(graph, options))
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    const { kernel, outputs } = error.node
    return E.left({
      _tag: 'UnsupportedKernel',
      message: `${outputs[0]}: the kernel ${kernel} cannot be exported: ${error.message}; use a layer without it`,
    })
  }
}
