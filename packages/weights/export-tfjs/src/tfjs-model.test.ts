import * as tf from '@tensorflow/tfjs-core'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { activation, type ActivationName } from '@resfn/activation'
import { nets } from '@resfn/archs'
import { batchNorm } from '@resfn/batch-norm'
import { blurPool } from '@resfn/blur-pool'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { groupNorm } from '@resfn/group-norm'
import { type AnyLayer, init, lift, sequential, type Shape, untyped } from '@resfn/layer'
import { avgPool, catAvgMaxPool, gemPool, maxPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { resize } from '@resfn/resize'
import { describeBackends, draw, relativeError } from '@resfn/test-utils'
import { dispose } from '@resfn/tree'
import { foldBatchNorm, trace } from '@resfn/trace'
import { type TfjsModel, tfjsModel } from './index.ts'

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

/** The files as a page gets them: a text, and bytes by name. */
const loaderOf = async ({ json, files }: TfjsModel): Promise<tf.io.IOHandler> => {
  const bytes: Uint8Array[] = []
  for (const { read } of files) for await (const part of read()) bytes.push(part)
  const { modelTopology, weightsManifest, ...others } = JSON.parse(JSON.stringify(json)) as tf.io.ModelJSON
  const data = Buffer.concat(bytes)
  return {
    load: async () =>
      ({
        ...others,
        modelTopology,
        weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
        weightData: data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer,
      }) as tf.io.ModelArtifacts,
  }
}

/** Expects that the graph model does what the net does, on a batch of a size that no trace saw. */
const expectSame = async (
  layer: AnyLayer,
  input: Shape,
  fold = (graph: ReturnType<typeof trace>) => graph,
): Promise<TfjsModel> => {
  const net = untyped(layer)
  const variables = init(net, key(1), input)
  const graph = fold(trace(net, variables, { input, primitives: 'expanded' }))
  const model = right(tfjsModel(graph))
  const loaded = await loadGraphModel(await loaderOf(model))
  const x = draw(2, 3, ...input)
  const [ours, theirs] = [net.apply(variables.params, x, variables.state), loaded.predict(x) as tf.Tensor]
  expect(theirs.shape).toEqual(ours.shape)
  expect(relativeError(theirs, ours)).toBeLessThan(1e-5)
  loaded.dispose()
  return model
}

const f = (apply: (x: tf.Tensor) => tf.Tensor): AnyLayer => lift(apply)
const image: Shape = [6, 5, 4]

const activations: readonly ActivationName[] = ['relu6', 'leakyRelu', 'elu', 'tanh', 'gelu', 'geluTanh', 'hardSwish']

const layers: readonly (readonly [name: string, layer: AnyLayer, input: Shape])[] = [
  ...activations.map((name) => [name, activation(name), image] as const),
  ['a convolution with everything', conv2d({ out: 6, size: 3, dilation: 2, groups: 2, bias: true }), image],
  ['a depthwise convolution of two filters each', conv2d({ out: 8, size: 3, groups: 4, stride: 2 }), image],
  [
    'an average that leaves out the padding',
    avgPool({ size: 3, stride: 2, padding: 1, countIncludePad: false }),
    image,
  ],
  ['a maximum with padding on one side', maxPool({ size: 2, stride: 2, ceilMode: true }), image],
  [
    'a maximum of negative numbers',
    sequential({ less: f((x) => tf.sub(x, 10)), pool: maxPool({ size: 3, padding: 1 }) }),
    image,
  ],
  ['mean and maximum beside each other', catAvgMaxPool, image],
  ['a generalised mean', gemPool(), image],
  ['a blur', blurPool(), image],
  ['group normalisation', groupNorm({ groups: 2 }), image],
  ['batch normalisation of features', sequential({ fc: dense({ out: 3 }), bn: batchNorm() }), [4]],
  ['a resize between pixels', resize({ height: 9, width: 3 }), image],
  ['a resize with the corners on each other', resize({ height: 9, width: 11, method: 'bilinear-corners' }), image],
  ['a resize to the nearest pixel', resize({ height: 7, width: 3, method: 'nearest' }), image],
  ['images in a row', f((x) => tf.reshape(x, [-1, 120])), image],
  [
    'a channel shuffle',
    f((x) => tf.reshape(tf.transpose(tf.reshape(x, [-1, 6, 5, 2, 2]), [0, 1, 2, 4, 3]), [-1, 6, 5, 4])),
    image,
  ],
  ['sums over axes', f((x) => tf.add(tf.sum(x, 1), tf.max(x, [1]))), image],
  ['roots and powers', f((x) => tf.pow(tf.rsqrt(tf.add(tf.square(x), 1)), tf.maximum(tf.minimum(x, 2), 0.5))), image],
  [
    'functions of each number',
    f((x) => tf.add(tf.exp(tf.neg(tf.abs(x))), tf.add(tf.softplus(x), tf.sqrt(tf.abs(x))))),
    image,
  ],
  ['softmax over the channels', f((x) => tf.softmax(x)), image],
  [
    'parts',
    f((x) => tf.concat([tf.slice(x, [0, 1, 0, 2], [-1, 3, -1, 2]), tf.slice(x, [0, 3, 0, 0], [-1, 3, -1, 2])], 1)),
    image,
  ],
  ['splits', f((x) => tf.mul(...(tf.split(x, 2, 3) as [tf.Tensor, tf.Tensor]))), image],
  [
    'an edge of numbers',
    f((x) =>
      tf.pad(
        x,
        [
          [0, 0],
          [1, 2],
          [0, 3],
          [2, 0],
        ],
        7,
      ),
    ),
    image,
  ],
  ['another axis', f((x) => tf.expandDims(x, 1)), [4]],
  ['nothing', f((x) => x), [4]],
  ['a division', f((x) => tf.div(1, tf.add(tf.abs(x), 1))), [4]],
]

describeBackends('the graph model', () => {
  it.each(layers)('does what the layer does: %s', async (_, layer, input) => {
    await expectSame(layer, input)
  })

  it('has batch normalisation as operations, or folded', async () => {
    const { make, input } = nets['cifar-resnet8-b']!
    const [kept, folded] = [
      await expectSame(make({ classes: 10 }), input),
      await expectSame(make({ classes: 10 }), input, foldBatchNorm),
    ]
    const norms = ({ json }: TfjsModel): number =>
      json.modelTopology.node.filter(({ op }) => op === 'FusedBatchNormV3').length
    expect([norms(kept), norms(folded)]).toEqual([9, 0])
  })

  it('says what goes in and comes out, and has the names that it is given', async () => {
    const { make, input } = nets['cifar-resnet8']!
    const net = make({ classes: 10 })
    const variables = init(net, key(0), input)
    const graph = trace(net, variables, { input, primitives: 'expanded' })
    const { json, files } = right(tfjsModel(graph, { nameOf: (path) => `net.${path}`, metadata: { classes: 'ten' } }))
    expect(json).toMatchObject({
      format: 'graph-model',
      userDefinedMetadata: { classes: 'ten' },
      signature: {
        inputs: { input: { name: 'input:0', tensorShape: { dim: ['-1', '32', '32', '3'].map((size) => ({ size })) } } },
        outputs: { output: { name: 'output:0', tensorShape: { dim: ['-1', '10'].map((size) => ({ size })) } } },
      },
    })
    expect(json.weightsManifest[0]!.weights[0]).toEqual({
      name: 'net.conv1.weight',
      shape: [3, 3, 3, 16],
      dtype: 'float32',
    })
    expect(files.map(({ name }) => [name])).toEqual(json.weightsManifest.map(({ paths }) => paths))
    dispose([graph.tensors, variables])
  })

  it('has files of up to 4 MB, and a large tensor in one of its own', async () => {
    const net = sequential({ a: dense({ out: 1000 }), b: dense({ out: 1500 }), c: dense({ out: 4 }) })
    const variables = init(net, key(0), [1000])
    const graph = trace(net, variables, { input: [1000] })
    const { json } = right(tfjsModel(graph))
    const sizes = json.weightsManifest.map(({ weights }) => weights.map(({ name }) => name))
    expect(sizes).toEqual([['a.weight', 'a.bias'], ['b.weight'], ['b.bias', 'c.weight', 'c.bias']])
    dispose([graph.tensors, variables])
  })
})

describe('a net that graph models have no form of', () => {
  it.each<readonly [string, AnyLayer, RegExp]>([
    [
      'a kernel without an operation',
      f((x) => tf.cumsum(x, 1)),
      /the kernel Cumsum cannot be exported: graph models have no operation/,
    ],
    [
      'part of the batch',
      f((x) => tf.slice(x, 0, 1)),
      /the kernel Slice cannot be exported: it takes some samples of the batch/,
    ],
    ['a primitive that is not taken apart', groupNorm({ groups: 2 }), /the kernel GroupNorm cannot be exported/],
  ])('%s', (_, layer, message) => {
    const net = untyped(layer)
    const graph = trace(net, init(net, key(0), [4]), { input: [4] })
    const result = tfjsModel(graph)
    expect(E.isLeft(result) && result.left).toEqual({
      _tag: 'UnsupportedKernel',
      message: expect.stringMatching(message) as string,
    })
    dispose(graph.tensors)
  })
})
