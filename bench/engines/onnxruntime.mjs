// @ts-check
// The nets of @resfn/archs in ONNX Runtime, native or as WebAssembly, from the file that @resfn/export-onnx writes.
import { nets } from '@resfn/archs/nets'
import { exportOnnx } from '@resfn/export-onnx'
import { init } from '@resfn/layer'
import { key } from '@resfn/random'
import { leaves } from '@resfn/tree'
import { useWasm } from '@resfn/wasm'
import * as tf from '@tensorflow/tfjs-core'

/**
 * Images as ONNX takes them: channels before rows.
 *
 * @param {{ readonly images: Float32Array, readonly shape: readonly number[] }} examples
 */
const channelsFirst = ({ images, shape }) =>
  tf.tidy(() => {
    const turned = tf.transpose(tf.tensor(images, [...shape]), [0, 3, 1, 2])
    return { values: /** @type {Float32Array} */ (turned.dataSync().slice()), shape: turned.shape }
  })

/** @param {any} job */
export const start = async ({ net: { net: name, classes, input }, threads, examples, runtime }) => {
  // The backend traces the net, and is then done.
  const { dispose } = await useWasm({ threads })
  const net = nets[name].make({ classes })
  const variables = init(net, key(0), input)
  const params = leaves(variables.params).reduce((sum, { size }) => sum + size, 0)
  const file = await exportOnnx(net, variables, { input, batchNorm: 'folded' })()
  if (file._tag === 'Left') throw new Error(`${file.left._tag}: ${file.left.message}`)
  const { values, shape } = channelsFirst(examples)
  dispose()

  const { InferenceSession, Tensor, env } = await import(runtime)
  if (runtime === 'onnxruntime-web') env.wasm.numThreads = threads
  const session = await InferenceSession.create(file.right, {
    executionProviders: [runtime === 'onnxruntime-web' ? 'wasm' : 'cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
  })
  const given = new Tensor('float32', values, shape)
  const step = async () => {
    const { output } = await session.run({ input: given })
    return output.data[0]
  }
  return { step, version: `${runtime} ${env.versions.common}`, params }
}
