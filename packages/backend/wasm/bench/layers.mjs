// Measures the convolutions of ResNet-50 at 224x224, each layer shape alone. Build first (`pnpm build`), then:
//   node [--experimental-wasm-revectorize] bench/layers.mjs [words of names] [--threads 1] [--batch 1] [--seconds 0.2] [--json]
// Prints GF/s of the least time (counted as a direct convolution), and the sum over the layers of the net.
import * as tf from '@tensorflow/tfjs-core'
import { parseArgs } from 'node:util'
import { useWasm } from '../dist/index.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    batch: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '0.2' },
    json: { type: 'boolean', default: false },
  },
})
const batch = Number(values.batch)

// [side, in, out, kernel, stride, how often in the net].
const layers = [
  [224, 3, 64, 7, 2, 1],
  [56, 64, 64, 1, 1, 1],
  [56, 64, 256, 1, 1, 4],
  [56, 256, 64, 1, 1, 2],
  [56, 256, 128, 1, 1, 1],
  [28, 128, 512, 1, 1, 4],
  [28, 512, 128, 1, 1, 3],
  [28, 512, 256, 1, 1, 1],
  [14, 256, 1024, 1, 1, 6],
  [14, 1024, 256, 1, 1, 5],
  [14, 1024, 512, 1, 1, 1],
  [7, 512, 2048, 1, 1, 3],
  [7, 2048, 512, 1, 1, 2],
  [56, 256, 512, 1, 2, 1],
  [28, 512, 1024, 1, 2, 1],
  [14, 1024, 2048, 1, 2, 1],
  [56, 128, 128, 3, 2, 1],
  [28, 256, 256, 3, 2, 1],
  [14, 512, 512, 3, 2, 1],
  [56, 64, 64, 3, 1, 3],
  [28, 128, 128, 3, 1, 3],
  [14, 256, 256, 3, 1, 5],
  [7, 512, 512, 3, 1, 2],
].map(([side, from, to, kernel, stride, times]) => ({
  name: `${kernel}x${kernel} /${stride} ${side}x${side}x${from}-${to}`,
  ...{ side, from, to, kernel, stride, times },
}))

// The least time of a call, in ms.
const least = (call) => {
  for (let i = 0; i < 3; i++) call()
  const times = []
  for (
    const start = performance.now();
    times.length < 5 || performance.now() - start < 1000 * Number(values.seconds);
  ) {
    const before = performance.now()
    call()
    times.push(performance.now() - before)
  }
  return Math.min(...times)
}

const measure = ({ side, from, to, kernel, stride }) => {
  const x = tf.randomUniform([batch, side, side, from], -1, 1)
  const filter = tf.randomUniform([kernel, kernel, from, to], -1, 1)
  const bias = tf.randomUniform([to], -1, 1)
  const geometry = { strides: stride, pad: kernel >> 1, activation: 'relu', dimRoundingMode: 'floor' }
  const ms = least(() => tf.fused.conv2d({ x, filter, bias, ...geometry }).dispose())
  tf.dispose([x, filter, bias])
  const outSide = Math.ceil(side / stride)
  return { ms, gflops: (2 * batch * outSide * outSide * from * to * kernel * kernel) / ms / 1e6 }
}

const { simd, vectorBits, threads } = await useWasm({ threads: Number(values.threads) })
const chosen = layers.filter(({ name }) => positionals.every((word) => name.includes(word)))
const rows = chosen.map((layer) => ({ ...layer, ...measure(layer) }))
const sum = rows.reduce((total, { ms, times }) => total + ms * times, 0)
if (values.json) console.log(JSON.stringify({ node: process.version, simd, vectorBits, threads, batch, sum, rows }))
else {
  console.log(
    `Node ${process.versions.node}, ${threads} threads, ${simd} SIMD, ${vectorBits} bits, batch ${batch}: GF/s`,
  )
  for (const { name, gflops } of rows) console.log(`${name.padEnd(26)}${gflops.toFixed(1).padStart(8)}`)
  console.log(`all layers, ms${sum.toFixed(1).padStart(20)}`)
}
process.exit(0)
