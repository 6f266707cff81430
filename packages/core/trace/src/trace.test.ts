import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { activation } from '@resfn/activation'
import { nets } from '@resfn/archs'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { groupNorm } from '@resfn/group-norm'
import { init, lift, repeat, sequential, untyped, type AnyLayer, type Shape, type Variables } from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { describeBackends, draw, expectClose } from '@resfn/test-utils'
import { dispose, mapTo } from '@resfn/tree'
import { weightStandardisation } from '@resfn/weight-standardisation'
import { type Attribute, foldBatchNorm, type Graph, mergeBias, trace, TraceError } from './index.ts'

const ofBatch = (attribute: Attribute, batch: number): unknown =>
  Array.isArray(attribute)
    ? attribute.map((item: Attribute) => ofBatch(item, batch))
    : typeof attribute === 'object' && attribute !== null
      ? (attribute as { readonly perSample: number }).perSample * batch
      : attribute

const products = ['Conv2D', 'DepthwiseConv2dNative', 'GroupedConv2D', 'BatchMatMul']

/** Runs a graph kernel by kernel: what it says is all that is known. */
const run = (graph: Graph, x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const values: { [name: string]: tf.Tensor } = { ...graph.tensors, [graph.input]: x }
    for (const { kernel, inputs, attributes, outputs } of graph.nodes) {
      const { bias, ...others } = inputs
      const merged = bias !== undefined && products.includes(kernel) ? bias : undefined
      const given = Object.entries(merged === undefined ? inputs : others).map(([input, value]) => [
        input,
        values[value]!,
      ])
      const made = tf
        .engine()
        .runKernel<tf.Tensor | tf.Tensor[]>(
          kernel,
          kernel === 'Concat' ? (given.map(([, tensor]) => tensor) as never) : Object.fromEntries(given),
          ofBatchAll(attributes, x.shape[0]!),
        )
      for (const [i, tensor] of (Array.isArray(made) ? made : [made]).entries())
        values[outputs[i]!] = merged === undefined ? tensor : tf.add(tensor, values[merged]!)
    }
    return values[graph.output]!
  })

const ofBatchAll = (attributes: Graph['nodes'][number]['attributes'], batch: number): tf.NamedAttrMap =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, ofBatch(value, batch)]),
  ) as tf.NamedAttrMap

/** Parameters and state that no normalisation is the identity with. */
const drawn = (net: AnyLayer, input: Shape): Variables<unknown, unknown> => {
  const { params, state } = init(untyped(net), key(1), input)
  const moved = (tree: unknown): unknown =>
    mapTo(tree, (leaf: tf.Tensor, path: string) =>
      tf.tidy(() => tf.add(leaf, tf.mul(tf.abs(draw(path.length, ...leaf.shape)), 0.1))),
    )
  const result = { params: moved(params), state: moved(state) }
  dispose([params, state])
  return result
}

const kernelsOf = ({ nodes }: Graph): readonly string[] => nodes.map(({ kernel }) => kernel)

const convolutional = sequential({
  conv1: weightStandardisation(conv2d({ out: 8, size: 3, bias: true })),
  norm1: groupNorm({ groups: 2 }),
  conv2: conv2d({ out: 8, size: 3, groups: 4, stride: 2 }),
  bn2: batchNorm(),
  act2: activation('gelu'),
  conv3: conv2d({ out: 16, size: 3, groups: 8, bias: true }),
  bn3: batchNorm(),
  pool: globalAvgPool,
})

describeBackends('a traced net', () => {
  it('is the kernels that ran after the input, for any batch', () => {
    const net = untyped(nets['cifar-resnet8']!.make({ classes: 10 }))
    const variables = drawn(net, [32, 32, 3])
    const graph = trace(net, variables, { input: [32, 32, 3] })
    const counts = Object.fromEntries(
      ['Conv2D', 'FusedBatchNorm', 'Relu', 'Mean', 'BatchMatMul'].map((kernel) => [
        kernel,
        kernelsOf(graph).filter((name) => name === kernel).length,
      ]),
    )
    expect(counts).toEqual({ Conv2D: 9, FusedBatchNorm: 7, Relu: 7, Mean: 1, BatchMatMul: 1 })
    expect(kernelsOf(graph)).not.toContain('Reshape')
    expect(graph.nodes[0]).toMatchObject({ kernel: 'Conv2D', inputs: { x: 'x', filter: 'params.conv1.weight' } })
    expect(graph.values['x']).toEqual({ shape: [{ perSample: 1 }, 32, 32, 3], dtype: 'float32' })
    expect(graph.values[graph.output]).toEqual({ shape: [{ perSample: 1 }, 10], dtype: 'float32' })
    const x = draw(2, 3, 32, 32, 3)
    expectClose(run(graph, x), net.apply(variables.params, x, variables.state), 1e-6)
    dispose([graph.tensors, variables])
  })

  it.each(['whole', 'expanded'] as const)(
    'holds what is computed from parameters alone as tensors: primitives %s',
    (primitives) => {
      const net = untyped(convolutional)
      const variables = drawn(net, [6, 6, 4])
      const graph = trace(net, variables, { input: [6, 6, 4], primitives })
      const ours = ['GroupNorm', 'GroupedConv2D']
      expect(ours.filter((kernel) => kernelsOf(graph).includes(kernel))).toEqual(primitives === 'whole' ? ours : [])
      expect(kernelsOf(graph)).not.toContain('BatchNormTrain')
      expect(graph.nodes[0]!.inputs['filter']).toMatch(/^params\.conv1\.weight\//)
      const x = draw(3, 3, 6, 6, 4)
      expectClose(run(graph, x), net.apply(variables.params, x, variables.state), 1e-5)
      dispose([graph.tensors, variables])
    },
  )

  it('says the same with batch normalisation folded into the convolutions, and biases in them', () => {
    const net = untyped(convolutional)
    const variables = drawn(net, [6, 6, 4])
    const graph = trace(net, variables, { input: [6, 6, 4] })
    const folded = foldBatchNorm(graph)
    const x = draw(3, 2, 6, 6, 4)
    const expected = net.apply(variables.params, x, variables.state)
    expect(kernelsOf(folded)).not.toContain('FusedBatchNorm')
    expectClose(run(mergeBias(graph), x), expected, 1e-5)
    dispose(graph.tensors)
    expectClose(run(folded, x), expected, 1e-5)
    dispose([folded.tensors, variables, x, expected])
  })

  it('keeps a normalisation whose input something else reads', () => {
    const net = untyped(
      sequential({ conv: conv2d({ out: 2, size: 1 }), bn: batchNorm(), twice: lift((x) => tf.add(x, x)) }),
    )
    const branching = {
      ...net,
      apply: (params: unknown, x: tf.Tensor, state: unknown) => {
        const { conv, bn } = params as { readonly conv: { readonly weight: tf.Tensor }; readonly bn: never }
        const y = conv2d({ out: 2, size: 1 }).apply(conv, x, {})
        return tf.add(batchNorm().apply(bn, y, (state as { readonly bn: never }).bn), y)
      },
    }
    const variables = drawn(net, [2, 2, 3])
    const graph = trace(branching, variables, { input: [2, 2, 3] })
    const folded = foldBatchNorm(graph)
    expect(kernelsOf(folded)).toEqual(['Conv2D', 'FusedBatchNorm', 'Add'])
    dispose([graph.tensors, folded.tensors, variables])
  })

  it('folds each use of a shared filter on its own', () => {
    const shared = conv2d({ out: 3, size: 1 })
    const net = sequential({ bns: repeat([batchNorm(), batchNorm()]) })
    const input = [2, 2, 3]
    const { params: filter } = init(shared, key(2), input)
    const { params: norms, state } = drawn(net, input)
    const sharing = {
      ...untyped(net),
      apply: (params: unknown, x: tf.Tensor, stats: unknown) => {
        const { bns } = params as { readonly bns: readonly never[] }
        const { bns: seen } = stats as { readonly bns: readonly never[] }
        return bns.reduce((y: tf.Tensor, bn, i) => batchNorm().apply(bn, shared.apply(filter, y, {}), seen[i]!), x)
      },
    }
    const graph = trace(sharing, { params: norms, state }, { input })
    const folded = foldBatchNorm(graph)
    const x = draw(1, 2, ...input)
    expectClose(run(folded, x), sharing.apply(norms, x, state), 1e-5)
    dispose([graph.tensors, folded.tensors])
  })

  it('leaves no tensor once its own are freed, nor after an error, and the engine as it was', () => {
    const net = untyped(convolutional)
    const variables = drawn(net, [6, 6, 4])
    const [before, runKernel] = [tf.memory().numTensors, tf.engine().runKernel]
    const graph = trace(net, variables, { input: [6, 6, 4] })
    const folded = foldBatchNorm(graph)
    dispose([graph.tensors, folded.tensors])
    expect(() => trace(net, variables, { input: [6, 6, 5] })).toThrow(/^conv1: /)
    expect(tf.memory().numTensors).toBe(before)
    expect(tf.engine().runKernel).toBe(runKernel)
    dispose(variables)
  })
})

describe('a net that cannot be traced', () => {
  const refused = (f: (x: tf.Tensor) => tf.Tensor): void => {
    const before = tf.memory().numTensors
    expect(() => trace(lift(f), { params: {}, state: {} }, { input: [2, 3] })).toThrow(TraceError)
    expect(tf.memory().numTensors).toBe(before)
  }

  it('does something else for another batch', () => {
    refused((x) => (x.shape[0] === 1 ? tf.relu(x) : tf.sigmoid(x)))
    refused((x) => (x.shape[0] === 1 ? tf.relu(x) : tf.relu(tf.relu(x))))
    refused((x) => tf.mul(x, 1 / x.shape[0]!))
    refused((x) => tf.add(x, tf.ones([x.shape[0]!, 2, 3])))
  })
})
