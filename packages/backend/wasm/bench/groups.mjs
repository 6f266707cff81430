// Measures what a 3x3 convolution in groups costs for its multiply-adds beside a dense one of the same channels, on the
// layers of ResNeXt-50 32x4d and ResNeXt-101 32x8d. Build first (`pnpm build`), then:
//   node bench/groups.mjs [--seconds 0.3] [--batch 1]
// Prints for each layer and kernel the medians of calls that take turns, and (ms grouped * groups) / (ms dense). It is
// time of the processor on one thread, so other work on the machine counts little.
import * as tf from '@tensorflow/tfjs-core'
import { parseArgs } from 'node:util'
import { useWasm } from '../dist/index.js'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '0.3' }, batch: { type: 'string', default: '1' } },
})
const seconds = Number(values.seconds)
const batch = Number(values.batch)
const groups = 32

// The stages' 3x3: their own size, and the stride of their first block.
const layers = [4, 8].flatMap((width) =>
  [56, 28, 14, 7].flatMap((outSide, stage) =>
    (stage === 0 ? [1] : [2, 1]).map((stride) => ({ width, channels: groups * width * 2 ** stage, outSide, stride })),
  ),
)

const calls = {
  forward: ({ x, filter }, settings) => tf.engine().runKernel('GroupedConv2D', { x, filter }, settings),
  'by the input': ({ x, filter, dy }, settings) =>
    tf.engine().runKernel('GroupedConv2DBackpropInput', { dy, filter }, { ...settings, inputShape: x.shape }),
  'by the filter': ({ x, filter, dy }, settings) =>
    tf.engine().runKernel('GroupedConv2DBackpropFilter', { x, dy }, { ...settings, filterShape: filter.shape }),
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

const timed = (call) => {
  const start = process.cpuUsage()
  const outputs = call()
  const { user, system } = process.cpuUsage(start)
  tf.dispose(outputs)
  return (user + system) / 1000
}

const { simd } = await useWasm({ threads: 1 })
console.log(`1 thread, ${simd} SIMD, batch ${batch}
${'layer'.padEnd(32)}${'kernel'.padEnd(15)}${'grouped, ms'.padStart(12)}${'dense, ms'.padStart(12)}${'ratio'.padStart(8)}`)
for (const { width, channels, outSide, stride } of layers) {
  const side = outSide * stride
  // One group is the dense convolution, by the same routines.
  const both = [groups, 1].map((count) => ({
    settings: { stride, padding: 1, dilation: 1, groups: count },
    tensors: {
      x: tf.randomUniform([batch, side, side, channels], -1, 1),
      filter: tf.randomUniform([3, 3, channels / count, channels], -1, 1),
      dy: tf.randomUniform([batch, outSide, outSide, channels], -1, 1),
    },
  }))
  for (const [kernel, call] of Object.entries(calls)) {
    const times = both.map(() => [])
    const turn = () => both.map(({ tensors, settings }) => timed(() => call(tensors, settings)))
    turn()
    for (const end = performance.now() + seconds * 1000; times[0].length < 5 || performance.now() < end;)
      for (const [i, ms] of turn().entries()) times[i].push(ms)
    const [grouped, dense] = times.map(median)
    console.log(
      `${`32x${width}d [${side},${side},${channels}] /${stride}`.padEnd(32)}${kernel.padEnd(15)}${grouped.toFixed(2).padStart(12)}${dense.toFixed(2).padStart(12)}${((grouped * groups) / dense).toFixed(2).padStart(8)}`,
    )
  }
  tf.dispose(both.map(({ tensors }) => tensors))
}
