import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import { InferenceSession, Tensor } from 'onnxruntime-node'
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
import { trace } from '@resfn/trace'
import { exportOnnx, type ExportOnnxOptions, onnxModel } from './index.ts'

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

const isImage = ({ rank }: tf.Tensor): boolean => rank === 4

/** What ONNX Runtime makes of a batch; images turn on the way in and out. */
const runOnnx = async (file: Uint8Array, x: tf.Tensor): Promise<tf.Tensor> => {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const given = isImage(x) ? tf.transpose(x, [0, 3, 1, 2]) : x
  const { output } = await session.run({ input: new Tensor('float32', given.dataSync<'float32'>(), given.shape) })
  await session.release()
  const y = tf.tensor(output!.data as Float32Array, [...output!.dims])
  return isImage(y) ? tf.transpose(y, [0, 2, 3, 1]) : y
}

/** Expects that the model of a net does what the net does, on a batch of a size that no trace saw. */
const expectSame = async (
  layer: AnyLayer,
  input: Shape,
  options: Pick<ExportOnnxOptions, 'batchNorm'> = {},
): Promise<void> => {
  const net = untyped(layer)
  const variables = init(net, key(1), input)
  const file = right(await exportOnnx(net, variables, { input, ...options })())
  const x = draw(2, 3, ...input)
  const [ours, theirs] = [net.apply(variables.params, x, variables.state), await runOnnx(file, x)]
  expect(theirs.shape).toEqual(ours.shape)
  expect(relativeError(theirs, ours)).toBeLessThan(1e-5)
}

const f = (apply: (x: tf.Tensor) => tf.Tensor): AnyLayer => lift(apply)
const image: Shape = [6, 5, 4]

const activations: readonly ActivationName[] = [
  'relu6',
  'leakyRelu',
  'elu',
  'tanh',
  'silu',
  'gelu',
  'geluTanh',
  'hardSigmoid',
  'hardSwish',
]

const layers: readonly (readonly [name: string, layer: AnyLayer, input: Shape])[] = [
  ...activations.map((name) => [name, activation(name), image] as const),
  ['a convolution with everything', conv2d({ out: 6, size: 3, dilation: 2, groups: 2, bias: true }), image],
  ['a convolution with a stride and a dilation', conv2d({ out: 6, size: 3, stride: 2, dilation: 2 }), image],
  ['a depthwise convolution of two filters each', conv2d({ out: 8, size: 3, groups: 4, stride: 2 }), image],
  [
    'an average that leaves out the padding',
    avgPool({ size: 3, stride: 2, padding: 1, countIncludePad: false }),
    image,
  ],
  ['an average with a last window beyond the edge', avgPool({ size: 3, stride: 2, ceilMode: true }), image],
  ['a maximum with padding on one side', maxPool({ size: 2, stride: 2, ceilMode: true }), image],
  ['mean and maximum beside each other', catAvgMaxPool, image],
  ['a generalised mean', gemPool(), image],
  ['a blur', blurPool(), image],
  ['group normalisation of images', groupNorm({ groups: 2 }), image],
  ['group normalisation of features', groupNorm({ groups: 2 }), [8]],
  ['batch normalisation of features', sequential({ fc: dense({ out: 3 }), bn: batchNorm() }), [4]],
  ['a resize between pixels', resize({ height: 9, width: 3 }), image],
  ['a resize with the corners on each other', resize({ height: 9, width: 11, method: 'bilinear-corners' }), image],
  ['a resize to the nearest pixel', resize({ height: 7, width: 3, method: 'nearest' }), image],
  ['images in a row', f((x) => tf.reshape(x, [-1, 120])), image],
  ['channels in groups', f((x) => tf.sum(tf.reshape(x, [-1, 6, 5, 2, 2]), 3)), image],
  [
    'a channel shuffle',
    f((x) => tf.reshape(tf.transpose(tf.reshape(x, [-1, 6, 5, 2, 2]), [0, 1, 2, 4, 3]), [-1, 6, 5, 4])),
    image,
  ],
  ['rows as features', f((x) => tf.max(tf.reshape(x, [-1, 6, 20]), 1)), image],
  ['images turned on their side', f((x) => tf.relu(tf.transpose(x, [0, 2, 1, 3]))), image],
  ['samples with a factor each', f((x) => tf.mul(tf.mean(x, [1, 2, 3], true), x)), image],
  [
    'features that stretch over images',
    f((x) => tf.add(x, tf.expandDims(tf.expandDims(tf.mean(x, [1, 2]), 1), 1))),
    image,
  ],
  ['fewer axes than the other operand', f((x) => tf.sub(x, tf.tensor([1, 2, 3, 4]))), image],
  ['rows of numbers', f((x) => tf.mul(x, tf.tensor([[[1], [2], [3], [4], [5]]]))), image],
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
  [
    'a maximum of zeros around negative numbers',
    f((x) =>
      tf.maxPool(
        tf.pad(tf.sub(tf.neg(tf.abs(x)), 1), [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ]) as tf.Tensor4D,
        3,
        2,
        'valid',
      ),
    ),
    image,
  ],
  ['nothing', f((x) => x), [4]],
  ['a division', f((x) => tf.div(1, tf.add(tf.abs(x), 1))), [4]],
]

describeBackends('the model', () => {
  it.each(layers)('does what the layer does: %s', async (_, layer, input) => {
    await expectSame(layer, input)
  })

  it('has batch normalisation as operators, or folded', async () => {
    const { make, input } = nets['cifar-resnet8-b']!
    for (const batchNorm of ['kept', 'folded'] as const) await expectSame(make({ classes: 10 }), input, { batchNorm })
  })

  it('has the shapes, names and order of PyTorch', () => {
    const { make, input } = nets['cifar-resnet8-b']!
    const net = make({ classes: 10 })
    const variables = init(net, key(0), input)
    const graph = trace(net, variables, { input })
    const nameOf = (path: string): string => path.replace(/mean$/, 'running_mean').replace(/variance$/, 'running_var')
    const model = right(onnxModel(graph, { name: 'cifar-resnet8-b', nameOf, metadata: { classes: 'ten' } }))
    expect(model).toMatchObject({ name: 'cifar-resnet8-b', opset: 17, metadata: { classes: 'ten' } })
    expect(model.inputs).toEqual([{ name: 'input', type: 'float', shape: ['batch', 3, 32, 32] }])
    expect(model.outputs).toEqual([{ name: 'output', type: 'float', shape: ['batch', 10] }])
    const shapes = Object.fromEntries(model.initialisers.map(({ name, shape }) => [name, shape]))
    expect(shapes).toMatchObject({
      'conv1.weight': [16, 3, 3, 3],
      'bn1.running_mean': [16],
      'layer2.0.shortcut.conv.weight': [32, 16, 1, 1],
      'fc.weight': [10, 64],
      'fc.bias': [10],
    })
    // One operator a layer, and no transposition: 9 convolutions, their norms, 7 activations, 3 sums, mean and head.
    expect(model.operators.map(({ type }) => type).filter((type) => type === 'Transpose')).toEqual([])
    expect(model.operators[0]).toMatchObject({ name: 'conv1/Conv', inputs: ['input', 'conv1.weight'] })
    expect(model.operators.at(-1)).toMatchObject({ type: 'Gemm', inputs: ['ReduceMean', 'fc.weight', 'fc.bias'] })
    expect(model.operators.length).toBe(9 + 9 + 7 + 3 + 2)
    dispose([graph.tensors, variables])
  })

  it('leaves no tensor', async () => {
    const { make, input } = nets['cifar-resnet8']!
    const net = make({ classes: 10 })
    const variables = init(net, key(0), input)
    const before = tf.memory().numTensors
    right(await exportOnnx(net, variables, { input, batchNorm: 'folded' })())
    expect(tf.memory().numTensors).toBe(before)
    dispose(variables)
  })
})

describe('a net that ONNX has no form of', () => {
  const messageOf = async (layer: AnyLayer, input: Shape): Promise<string> => {
    const net = untyped(layer)
    const result = await exportOnnx(net, init(net, key(0), input), { input })()
    return E.isLeft(result) ? `${result.left._tag} ${result.left.message}` : 'right'
  }

  it.each<readonly [string, AnyLayer, RegExp]>([
    [
      'a kernel without an operator',
      f((x) => tf.cumsum(x, 1)),
      /the kernel Cumsum cannot be exported: ONNX has no operator for it that is known here; use a layer without it$/,
    ],
    [
      'part of the batch',
      f((x) => tf.slice(x, 0, 1)),
      /the kernel Slice cannot be exported: it takes some samples of the batch/,
    ],
    [
      'a filter from the input',
      f((x) => tf.matMul(tf.reshape(x, [-1, 4]) as tf.Tensor2D, tf.reshape(x, [4, -1]) as tf.Tensor2D)),
      /BatchMatMul cannot be exported: it is a product of other things/,
    ],
    ['other types', f((x) => tf.cast(tf.greater(x, 0), 'float32')), /Greater cannot be exported/],
  ])('%s', async (_, layer, expected) => {
    const message = await messageOf(layer, [4])
    expect(message).toMatch(/^UnsupportedKernel /)
    expect(message).toMatch(expected)
  })
})

const python = process.env['RESFN_PYTHON']

describe.skipIf(python === undefined)('the checker of onnx, with RESFN_PYTHON', () => {
  it('finds nothing wrong, shapes included', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'resfn-export-onnx-'))
    const files: string[] = []
    for (const name of [
      'cifar-resnet8',
      'lenet-bn',
      'resnet10t',
      'resnest14d',
      'cifar-attention56',
      'densenetblur121d',
    ]) {
      const { make, input: own } = nets[name]!
      const [net, input] = [make({ classes: 10 }), own[0]! > 64 ? [64, 64, own[2]!] : own]
      for (const batchNorm of ['kept', 'folded'] as const) {
        const variables = init(net, key(0), input)
        const path = join(folder, `${name}-${batchNorm}.onnx`)
        writeFileSync(path, right(await exportOnnx(net, variables, { input, batchNorm, name })()))
        dispose(variables)
        files.push(path)
      }
    }
    const script = [
      'import onnx, sys',
      'for path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)',
      'print(len(sys.argv) - 1)',
    ]
    expect(execFileSync(python!, ['-c', script.join('\n'), ...files], { encoding: 'utf8' })).toBe('12\n')
    rmSync(folder, { recursive: true })
  })
})
