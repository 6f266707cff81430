import { either as E } from 'fp-ts'
import type { Model, OnnxError, Operator } from '@resfn/onnx'
import { type Extent, type Graph, mergeBias, type Node } from '@resfn/trace'
import { type Builder, builder, Unsupported } from './builder.ts'
import { inLayout, type Layout, usual } from './layout.ts'
import { elements } from './translate-elements.ts'
import { network, type Translation } from './translate-network.ts'

/** Why a net has no form as a model. */
export type OnnxExportError =
  | OnnxError
  | {
      /** ONNX has no operator for a kernel, or for how it is used here */
      readonly _tag: 'UnsupportedKernel'
      readonly message: string
    }

/** What the model says of itself. */
export type ModelOptions = {
  /** the name of its graph; `net` by default */
  readonly name?: string
  /** the name in the model of a leaf of the net, given its path; the path by default */
  readonly nameOf?: (path: string) => string
  /** texts that travel with it */
  readonly metadata?: { readonly [name: string]: string }
}

const translations: { readonly [kernel: string]: Translation } = { ...network, ...elements }

const translate = (node: Node, building: Builder, graph: Graph): void => {
  const translation = Object.hasOwn(translations, node.kernel) ? translations[node.kernel] : undefined
  if (translation === undefined) throw new Unsupported(node, 'ONNX has no operator for it that is known here')
  const other = node.outputs.find((output) => graph.values[output] && graph.values[output].dtype !== 'float32')
  if (other !== undefined) throw new Unsupported(node, `it makes ${graph.values[other]!.dtype}`)
  translation(node, building, graph)
}

const pathOf = (value: string): string => value.replace(/^(params|state)\./, '')

/** What a node is called in the model: the path of the layer whose parameters it reads, if it does. */
const nameOfNode = ({ inputs }: Node): string => {
  const parameter = Object.values(inputs).find((value) => value.startsWith('params.'))
  return parameter === undefined ? '' : pathOf(parameter.split('/')[0]!).replace(/\.[^.]+$/, '')
}

const port = (name: string, shape: readonly Extent[], layout: Layout) => ({
  name,
  type: 'float' as const,
  shape: inLayout(shape, layout).map((extent) =>
    typeof extent === 'number' ? extent : extent.perSample === 1 ? 'batch' : `${extent.perSample} batch`,
  ),
})

const renamed = (operators: readonly Operator[], from: string, to: string): readonly Operator[] => {
  const rename = (name: string): string => (name === from ? to : name)
  return operators.map((operator) => ({
    ...operator,
    inputs: operator.inputs.map(rename),
    outputs: operator.outputs.map(rename),
  }))
}

const modelOf = (graph: Graph, { name = 'net', nameOf = (path) => path, metadata }: ModelOptions): Model => {
  const [from, to] = [graph.values[graph.input]!.shape, graph.values[graph.output]!.shape]
  const building = builder(
    graph,
    (value) => {
      const [leaf, ...computed] = pathOf(value).split('/')
      return value.startsWith('constant') ? value : [nameOf(leaf!), ...computed].join('/')
    },
    { name: 'input', layout: usual(from.length) },
  )
  for (const node of graph.nodes) {
    building.of(nameOfNode(node))
    translate(node, building, graph)
  }
  building.of('')
  const last = building.as(graph.output, usual(to.length))
  // An input or a tensor keeps its name, so that it is copied.
  const { operators: made } = building.built()
  const found = made.some(({ outputs }) => outputs.includes(last)) ? last : building.add('Identity', [last])
  const { operators, initialisers } = building.built()
  return {
    name,
    producer: ['resfn', '0.0.0'],
    opset: 17,
    inputs: [port('input', from, usual(from.length))],
    outputs: [port('output', to, usual(to.length))],
    operators: renamed(operators, found, 'output'),
    initialisers,
    ...(metadata && { metadata }),
  }
}

/**
 * A traced net as a model of ONNX: opset 17, float32, the batch size free. Images are channels first, as in PyTorch.
 * Its tensors are read when it is written, so that those of the graph must live until then.
 *
 * @param graph what the net does, from `trace`
 * @param options what the model says of itself
 * @returns the model, or the kernel that ONNX has no operator for
 * @see the operators of ONNX, opset 17
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { onnxModel } from '@resfn/export-onnx'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { trace } from '@resfn/trace'
 * import { dispose } from '@resfn/tree'
 * import { either as E } from 'fp-ts'
 *
 * const net = createNet('cifar-resnet8')
 * const graph = trace(net, init(net, key(0), net.input), { input: net.input })
 * const model = onnxModel(graph)
 * assert.ok(E.isRight(model))
 * assert.deepEqual(model.right.inputs[0]?.shape, ['batch', 3, 32, 32])
 * assert.equal(model.right.initialisers[0]?.name, 'conv1.weight')
 * dispose(graph.tensors)
 * ```
 */
export const onnxModel = (graph: Graph, options: ModelOptions = {}): E.Either<OnnxExportError, Model> => {
  try {
    return E.right(modelOf(mergeBias(graph), options))
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    const { kernel, outputs } = error.node
    return E.left({
      _tag: 'UnsupportedKernel',
      message: `${outputs[0]}: the kernel ${kernel} cannot be exported: ${error.message}; use a layer without it`,
    })
  }
}
