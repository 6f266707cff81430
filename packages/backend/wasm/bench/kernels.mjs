// Measures the kernels of this package against those of tfjs, kernel by kernel. Build first (`pnpm build`), then:
//   node bench/kernels.mjs [--threads 2] [--seconds 0.2] [--json]
// Prints GF/s (convolutions and products) or GB/s (the rest), the median of repeated calls; with --json one object a
// line.
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { useWasm } from '../dist/index.js'

const { values } = parseArgs({
  options: {
    threads: { type: 'string' },
    seconds: { type: 'string', default: '0.2' },
    json: { type: 'boolean', default: false },
  },
})
const threads = Number(values.threads ?? availableParallelism())
const seconds = Number(values.seconds)

// [batch, side, in, out, kernel, stride]: the layers of CIFAR ResNets at 28x28 and of ResNet-18 at 96x96, and two 1x1
// of ResNet-50 at 224x224.
const convolutions = [
  [64, 28, 1, 16, 3, 1],
  [64, 28, 16, 16, 3, 1],
  [64, 28, 16, 32, 3, 2],
  [64, 14, 32, 32, 3, 1],
  [64, 14, 32, 64, 3, 2],
  [64, 7, 64, 64, 3, 1],
  [64, 28, 16, 32, 1, 2],
  [32, 96, 1, 64, 7, 2],
  [32, 24, 64, 64, 3, 1],
  [32, 24, 64, 128, 3, 2],
  [32, 12, 128, 128, 3, 1],
  [32, 6, 256, 256, 3, 1],
  [32, 3, 512, 512, 3, 1],
  [8, 28, 512, 128, 1, 1],
  [8, 14, 256, 1024, 1, 1],
]
// [batch, side, channels] of an activation.
const activations = [
  [64, 28, 16],
  [32, 24, 64],
]

const run = (name, inputs, attributes = {}) => tf.engine().runKernel(name, inputs, attributes)

const convolutionCases = convolutions.flatMap(([batch, side, from, to, size, stride]) => {
  const outSide = Math.ceil(side / stride)
  const shape = `[${batch},${side},${side},${from}] ${size}x${size}x${to} /${stride}`
  const geometry = { strides: [stride, stride], pad: size >> 1, dataFormat: 'NHWC', dilations: [1, 1] }
  const xShape = [batch, side, side, from]
  const filterShape = [size, size, from, to]
  const yShape = [batch, outSide, outSide, to]
  const work = 2 * batch * outSide * outSide * to * size * size * from
  const make = () => ({
    x: tf.randomUniform(xShape, -1, 1),
    filter: tf.randomUniform(filterShape, -1, 1),
    dy: tf.randomUniform(yShape, -1, 1),
  })
  return [
    // The weights are new each time, as in training.
    {
      kernel: 'Conv2D',
      shape,
      work,
      unit: 'GF/s',
      make,
      call: ({ x, filter }) => tf.tidy(() => run('Conv2D', { x, filter: tf.mul(filter, 1) }, geometry)),
    },
    ...(from === 1
      ? []
      : [
          {
            kernel: 'Conv2DBackpropInput',
            shape,
            work,
            unit: 'GF/s',
            make,
            call: ({ dy, filter }) =>
              tf.tidy(() =>
                run('Conv2DBackpropInput', { dy, filter: tf.mul(filter, 1) }, { ...geometry, inputShape: xShape }),
              ),
          },
        ]),
    {
      kernel: 'Conv2DBackpropFilter',
      shape,
      work,
      unit: 'GF/s',
      make,
      call: ({ x, dy }) => run('Conv2DBackpropFilter', { x, dy }, { ...geometry, filterShape }),
    },
  ]
})

const activationCases = activations.flatMap(([batch, side, channels]) => {
  const dims = [batch, side, side, channels]
  const bytes = 4 * batch * side * side * channels
  const shape = `[${dims}]`
  const make = () => ({
    x: tf.randomUniform(dims, -1, 1),
    dy: tf.randomUniform(dims, -1, 1),
    weight: tf.ones([channels]),
    bias: tf.zeros([channels]),
    mean: tf.zeros([channels]),
    variance: tf.ones([channels]),
  })
  const of = (kernel, traversals, call) => ({ kernel, shape, work: traversals * bytes, unit: 'GB/s', make, call })
  return [
    of('BatchNormTrain', 3, ({ x, weight, bias }) => run('BatchNormTrain', { x, weight, bias }, { epsilon: 1e-5 })),
    of('BatchNormTrainGrad', 5, ({ dy, x, weight, mean, variance }) =>
      run('BatchNormTrainGrad', { dy, x, weight, mean, variance }, { epsilon: 1e-5 }),
    ),
    of('FusedBatchNorm', 2, ({ x, mean, variance, weight, bias }) =>
      run('FusedBatchNorm', { x, mean, variance, offset: bias, scale: weight }, { varianceEpsilon: 1e-5 }),
    ),
    of('ReluGrad', 3, ({ dy, x }) => run('ReluGrad', { dy, y: x })),
    of('Relu', 2, ({ x }) => run('Relu', { x })),
    of('Add', 3, ({ x, dy }) => run('Add', { a: x, b: dy })),
    of('Sum', 1, ({ x }) => run('Sum', { x }, { axis: [0, 1, 2], keepDims: false })),
    of('Mean', 1, ({ x }) => run('Mean', { x }, { axis: [1, 2], keepDims: false })),
    of('Identity', 2, ({ x }) => run('Identity', { x })),
  ]
})

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

// The median rate, or undefined where the kernel does not exist.
const rate = ({ kernel, work, make, call }) => {
  if (tf.getKernel(kernel, 'wasm') == null) return undefined
  const inputs = make()
  const once = () => {
    const start = performance.now()
    const outputs = call(inputs)
    const taken = performance.now() - start
    tf.dispose(outputs)
    return taken
  }
  once()
  const times = []
  for (const end = performance.now() + seconds * 1000; times.length < 3 || performance.now() < end;) times.push(once())
  tf.dispose(inputs)
  return work / median(times) / 1e6
}

const cases = [...convolutionCases, ...activationCases]
await tf.setBackend('wasm')
const stock = cases.map(rate)
const report = await useWasm({ threads })
const ours = cases.map(rate)

const show = (value) => (value === undefined ? '-' : value.toFixed(1)).padStart(8)
if (!values.json)
  console.log(
    `${report.threads} threads, ${report.simd} SIMD\n${'kernel'.padEnd(22)}${'shape'.padEnd(32)}${'tfjs'.padStart(8)}${'ours'.padStart(8)}`,
  )
for (const [i, { kernel, shape, unit }] of cases.entries()) {
  console.log(
    values.json
      ? JSON.stringify({
          kernel,
          shape,
          unit,
          threads: report.threads,
          simd: report.simd,
          tfjs: stock[i] ?? null,
          ours: ours[i],
        })
      : `${kernel.padEnd(22)}${shape.padEnd(32)}${show(stock[i])}${show(ours[i])} ${unit}`,
  )
}
