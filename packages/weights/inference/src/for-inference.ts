import {
  checkTensor,
  formatShape,
  type Layer,
  type Part,
  sameShape,
  type Shape,
  ShapeError,
  Spec,
  type Variables,
  zeros,
} from '@resfn/layer'
import { foldBatchNorm, type Graph, trace } from '@resfn/trace'
import { dispose } from '@resfn/tree'
import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import { fuse } from './fuse.ts'
import { macsOf, sampleShape } from './node-sizes.ts'
import { graphFunction } from './run-graph.ts'

/** What a net is made ready for. */
export type ForInferenceOptions = {
  /** the shape of one input sample, the only one that the result takes */
  readonly input: Shape
}

/** Tensors by the names that they have in the trace: paths of the net, and what was computed from them. */
export type InferenceParams = { readonly [name: string]: Tensor }

/** A net that predicts and cannot be trained, with parameters of its own; it has no state. */
export type ForInference = Variables<InferenceParams, { readonly [name in never]: never }> & {
  readonly net: Layer<InferenceParams>
}

/** A net that was made for inference is trained. */
export class InferenceError extends Error {
  readonly _tag = 'InferenceError'
  constructor() {
    super('a net made by forInference cannot be trained; train the net that it was made of, and make it again')
    this.name = 'InferenceError'
  }
}

const specOf = ({ shape }: Tensor): Spec => new Spec(shape, zeros)

const partsOf = (graph: Graph, specs: { readonly [name: string]: Spec }): readonly Part[] =>
  graph.nodes.map((node) => {
    const read = Object.values(node.inputs).filter((value) => Object.hasOwn(specs, value))
    const params = Object.fromEntries(read.map((value) => [value, specs[value]!]))
    const output = sampleShape(graph, node.outputs[0]!)
    return {
      name: node.outputs[0]!,
      plan: { kind: node.kernel, params, state: {}, output, macs: macsOf(node, graph), parts: [] },
    }
  })

/** The graph of what a net does, in as few kernels as are known; it owns its tensors. */
const fusedGraph = <P, S>(net: Layer<P, S>, variables: Variables<P, S>, input: Shape): Graph => {
  const traced = trace(net, variables, { input })
  const folded = foldBatchNorm(traced)
  dispose(traced.tensors)
  const fused = fuse(folded)
  const read = new Set([fused.output, ...fused.nodes.flatMap(({ inputs }) => Object.values(inputs))])
  const entries = Object.entries(fused.tensors)
  dispose(entries.filter(([name]) => !read.has(name)).map(([, tensor]) => tensor))
  return { ...fused, tensors: Object.fromEntries(entries.filter(([name]) => read.has(name))) }
}

/**
 * A net with its variables as a net that does the same in evaluation, faster: what depends on parameters alone is
 * computed, batch normalisations are folded into the convolutions before them (`filter scale / sqrt(variance +
 * epsilon)`), and a convolution adds its bias and the residual and ends with its ReLU. Logits stay, but for rounding.
 * It knows one input shape and any batch, and cannot be trained.
 *
 * The net runs on one sample and on two to be traced, so this pays from some images on.
 *
 * @param net any layer
 * @param variables its parameters and state; they can be disposed after
 * @param options the shape of one input sample
 * @returns the net and its parameters, which the caller owns
 * @throws ShapeError or VariablesError as the net does
 * @throws TraceError if the net does something else for another batch
 * @see Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference"
 * (2018), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { forInference } from '@resfn/inference'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { dispose } from '@resfn/tree'
 *
 * const net = createNet('cifar-resnet8')
 * const variables = init(net, key(0), net.input)
 * const fast = forInference(net, variables, { input: net.input })
 * const x = tf.ones([1, ...net.input])
 * const [before, after] = [net.apply(variables.params, x, variables.state), fast.net.apply(fast.params, x, {})]
 * assert.ok(tf.max(tf.abs(tf.sub(before, after))).dataSync()[0]! < 1e-4)
 * dispose([variables, fast.params])
 * ```
 */
export const forInference = <P, S>(
  net: Layer<P, S>,
  variables: Variables<P, S>,
  { input }: ForInferenceOptions,
): ForInference => {
  const { tensors: params, ...graph } = fusedGraph(net, variables, input)
  const known: Graph = { ...graph, tensors: {} }
  const specs = Object.fromEntries(Object.entries(params).map(([name, tensor]) => [name, specOf(tensor)]))
  const parts = partsOf(known, specs)
  const run = graphFunction({ ...graph, tensors: params })
  const checkInput = (given: Shape): void => {
    if (!sameShape(given, input))
      throw new ShapeError(
        '',
        `this net was made by forInference for ${formatShape(input)}, but the input is ${formatShape(given)}; make one for that shape`,
      )
  }
  return {
    net: {
      plan: (given) => {
        checkInput(given)
        const macs = parts.reduce((sum, { plan }) => sum + plan.macs, 0)
        return { kind: 'inference', params: specs, state: {}, output: sampleShape(known, graph.output), macs, parts }
      },
      apply: (params, x) => {
        checkTensor('forInference', x)
        checkInput(x.shape.slice(1))
        return tidy(() => run(params, x))
      },
      train: () => {
        throw new InferenceError()
      },
    },
    params,
    state: {},
  }
}
