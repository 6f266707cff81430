// A small residual network learns to tell which half of a picture is bright. `node quickstart.mjs cpu|wasm` prints the
// losses as JSON.
import { relu } from '@resfn/activation'
import { valueAndGradient } from '@resfn/autodiff'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import { absorb, init, sequential, withState } from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { fold, key, normal } from '@resfn/random'
import { advance, dispose, zip } from '@resfn/tree'
import { useWasm } from '@resfn/wasm'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'

const backend = process.argv[2] ?? 'cpu'
if (backend === 'wasm') await useWasm()
else await tf.setBackend(backend)
if (tf.getBackend() !== backend) throw new Error(`wanted ${backend}, got ${tf.getBackend()}`)

const convBn = (out) => sequential({ conv: conv2d({ out, size: 3 }), bn: batchNorm() })
const net = sequential({
  stem: convBn(4),
  relu,
  block: identityAdd(sequential({ a: convBn(4), relu, b: convBn(4) })),
  after: relu,
  pool: globalAvgPool,
  fc: dense({ out: 2 }),
})

const count = 16
const side = 8
const noise = normal(key(1), count * side * side)
const pixels = Float32Array.from(
  noise,
  (value, i) =>
    value * 0.3 + (i % side < side / 2 === Math.floor(i / (side * side)) % 2 < 1 ? 1 : 0) * ((i % side) + 1),
)
const x = tf.tensor4d(pixels, [count, side, side, 1])
const labels = tf.oneHot(
  tf.tensor1d(
    Array.from({ length: count }, (_, i) => i % 2),
    'int32',
  ),
  2,
)

const crossEntropy = (logits) => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), labels), -1)))

const step = ({ params, state, index }) => {
  const { loss, gradients, aux } = valueAndGradient((p) => {
    const { y, seen } = net.train(p, x, fold(key(2), index))
    return { loss: crossEntropy(y), aux: seen }
  })(params)
  return {
    params: zip([params, gradients], ([p, g]) => tf.sub(p, tf.mul(g, 0.1))),
    state: absorb(0.9)(state, aux),
    index: index + 1,
    loss,
  }
}

const steps = 12
const first = init(net, key(0), [side, side, 1])
const losses = []
let run = { ...first, index: 0, loss: tf.scalar(0) }
let settled = 0
for (let i = 0; i < steps; i++) {
  run = advance(run, step)
  losses.push((await run.loss.data())[0])
  if (i === 1) settled = tf.memory().numTensors
}
const grown = tf.memory().numTensors - settled
const predictions = tf.tidy(() => withState(net, run.state)(run.params, x))
const shape = predictions.shape
dispose([predictions, run, x, labels])
console.log(JSON.stringify({ node: process.version, backend: tf.getBackend(), losses, grown, shape }))
