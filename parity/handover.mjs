// @ts-check
// The nets as other programs run them: logits of ONNX Runtime and of plain TensorFlow.js on exported models, beside
// ours.
import { nets } from '@resfn/archs'
import { onnxModel } from '@resfn/export-onnx'
import { tfjsModel } from '@resfn/export-tfjs'
import { sizeOf } from '@resfn/layer'
import { encode } from '@resfn/onnx'
import { foldBatchNorm, trace } from '@resfn/trace'
import { dispose } from '@resfn/tree'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import * as tf from '@tensorflow/tfjs-core'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { compare } from './evaluate.mjs'
import { noise } from './formula.mjs'
import { gainOf, keysOf, publish } from './published.mjs'

/** The sizes of the batch that the models are run with; the second is one that no export saw. */
const batches = [1, 3]

/** What was asked for, or the error that says why not. */
const right = (/** @type {any} */ result) => {
  if (result._tag === 'Left') throw new Error(`${result.left._tag}: ${result.left.message}`)
  return result.right
}

/** @param {AsyncIterable<Uint8Array>} parts */
const joined = async (parts) => {
  const all = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

/**
 * The logits of a model in ONNX Runtime.
 *
 * @param {Uint8Array} file
 * @param {readonly { readonly shape: readonly number[], readonly values: Float32Array }[]} inputs
 */
const runOnnx = async (file, inputs) => {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const outputs = []
  for (const { shape, values } of inputs) {
    const { output } = await session.run({ input: new Tensor('float32', values, shape) })
    outputs.push(/** @type {Float32Array} */ (output?.data))
  }
  await session.release()
  return outputs
}

/** @param {tf.Tensor4D} x */
const channelsFirst = (x) =>
  tf.tidy(() => {
    const turned = tf.transpose(x, [0, 3, 1, 2])
    return { shape: turned.shape, values: /** @type {Float32Array} */ (turned.dataSync()) }
  })

/** Nets that are too large for every test run: `pnpm parity:onnx` runs them all. */
export const largestInTests = 3e6

/** A net of each kind of block for photographs, for the tests. */
export const examples = [
  'resnet10t',
  'resnext50_32x4d',
  'resnetrs50',
  'resnetv2_50x1_bit',
  'ecaresnet26t',
  'skresnet18',
  'cbam_resnet50',
  'densenetblur121d',
  'resnest14d',
  'res2net50_14w_8s',
  'cifar-wrn16_4',
]

/**
 * A net with 10 classes and weights by formula, batches for it, and its logits.
 *
 * @param {string} name one of `nets`
 */
const drawn = (name) => {
  const entry = nets[name]
  const net = entry.make({ classes: 10 })
  const [height = 1, , channels = 1] = entry.input
  const side = Math.min(height, 64)
  const input = [side, side, channels]
  const variables = publish(net, { input, keys: keysOf(entry), gain: gainOf(name) })
  const xs = batches.map((batch) => tf.tensor4d(noise('input', batch * sizeOf(input)), [batch, side, side, channels]))
  const ours = xs.map((x) => tf.tidy(() => [...net.apply(variables.params, x, variables.state).dataSync()]))
  return { net, input, variables, xs, ours }
}

/**
 * How far the logits of a net in ONNX Runtime are from ours, relative to the largest: for each way of batch
 * normalisation and each size of the batch.
 *
 * @param {string} name one of `nets`
 */
export const besideOnnx = async (name) => {
  const { net, input, variables, xs, ours } = drawn(name)
  const kept = trace(net, variables, { input })
  const folded = foldBatchNorm(kept)
  const inputs = xs.map(channelsFirst)
  dispose([variables.params, variables.state, xs])
  const results = []
  for (const [batchNorm, graph] of Object.entries({ kept, folded })) {
    const model = right(onnxModel(graph, { name }))
    const file = await joined(right(encode(model)).parts())
    dispose(graph.tensors)
    const norms = model.operators.filter((/** @type {any} */ { type }) => type === 'BatchNormalization').length
    const outputs = await runOnnx(file, inputs)
    for (const [i, output] of outputs.entries()) {
      const { difference } = compare(output, ours[i] ?? [])
      results.push({ batchNorm, batch: batches[i], difference, norms, operators: model.operators.length })
    }
  }
  return results
}

/**
 * The same for the graph model of TensorFlow.js, with batch normalisation folded.
 *
 * @param {string} name one of `nets`
 */
export const besideTfjs = async (name) => {
  const { net, input, variables, xs, ours } = drawn(name)
  const traced = trace(net, variables, { input, primitives: 'expanded' })
  const folded = foldBatchNorm(traced)
  const { json, files } = right(tfjsModel(folded))
  const bytes = []
  for (const { read } of files) bytes.push(await joined(read()))
  dispose([variables.params, variables.state, traced.tensors, folded.tensors])
  const { modelTopology, weightsManifest, signature } = JSON.parse(JSON.stringify(json))
  const weightSpecs = weightsManifest.flatMap((/** @type {any} */ { weights }) => weights)
  const { buffer } = new Uint8Array(Buffer.concat(bytes))
  const model = await loadGraphModel({
    load: async () => ({ modelTopology, signature, weightSpecs, weightData: buffer }),
  })
  const results = xs.map((x, i) => {
    const output = tf.tidy(() => /** @type {tf.Tensor} */ (model.predict(x)).dataSync())
    return { batch: batches[i], difference: compare(/** @type {Float32Array} */ (output), ours[i] ?? []).difference }
  })
  model.dispose()
  dispose(xs)
  return results
}
