// @ts-check
// Values and gradients of ops and small nets, on one backend; the caller compares two.
import { silu } from '@resfn/activation'
import { cifarResnet, resnet } from '@resfn/archs'
import { nets } from '@resfn/archs/nets'
import { averagedShortcut, basicBlocks, bottlenecks, deepStem, fourStages } from '@resfn/archs/resnet'
import { valueAndGradient } from '@resfn/autodiff'
import { batchNorm } from '@resfn/batch-norm'
import { applyConv2d } from '@resfn/conv2d'
import { init } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { applyAvgPool, applyMaxPool } from '@resfn/pool'
import { key, normal } from '@resfn/random'
import { flatten } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'

const draw = (seed, shape) =>
  tf.tensor(
    normal(
      key(seed),
      shape.reduce((product, extent) => product * extent, 1),
    ),
    shape,
  )

/** The gradient of sum(f(tree) dy) at every leaf, and the value. */
const both = (f, tree) => {
  const { gradients, aux } = valueAndGradient((at) => {
    const y = f(at)
    const dy = draw(7, y.shape)
    return { loss: tf.sum(tf.mul(y, dy)), aux: { y } }
  })(tree)
  return { y: aux.y, gradients }
}

const convolution = ([batch, size, inputs, out, taps, options]) => ({
  name: `convolution ${batch}x${size}x${size}x${inputs} -> ${out}, ${taps}x${taps} ${JSON.stringify(options)}`,
  run: () =>
    both(({ x, weight }) => applyConv2d({ weight }, x, options), {
      x: draw(1, [batch, size, size, inputs]),
      weight: draw(2, [taps, taps, inputs / (options.groups ?? 1), out]),
    }),
})

/** Scales each pixel by a millionth more or less, as rounding might. */
const nudge = (x, seed) => tf.mul(x, tf.add(1, tf.mul(1e-6, tf.sign(draw(seed, x.shape)))))

/** The gradients of a net at all its parameters, and what they are on images that differ by rounding. */
const netCase = (name, made, input, tolerance = 1e-4) => {
  const params = () => init(made, key(0), input).params
  const at = (move) => both((tree) => made.train(tree, move(draw(3, [4, ...input])), key(1)).y, params())
  return { name: `net ${name}`, tolerance, run: () => at((x) => x), nudged: (seed) => at((x) => nudge(x, seed)) }
}

// At the kink of ReLU rounding decides which way a gradient goes: nets that are smooth show whether kernels are right.
const smooth = { ...makers, act: silu }
const smallNet = (kind) =>
  fourStages(
    {
      stem: deepStem({ widths: [8, 8, 16] }, smooth),
      kind,
      blocks: [1, 1, 1, 1],
      widths: [16, 24, 32, 48],
      classes: 10,
    },
    smooth,
  )
const wholeNets = [
  netCase('cifar-resnet8', nets['cifar-resnet8'].make({ classes: 10 }), [28, 28, 1], 5e-2),
  netCase('resnet18', nets.resnet18.make({ classes: 10 }), [32, 32, 3], 5e-2),
  netCase('cifar-resnet8, SiLU', cifarResnet({ depth: 8, classes: 10 }, smooth), [28, 28, 1]),
  // Its last normalisations see four values a channel.
  netCase('resnet18, SiLU', resnet({ depth: 18, classes: 10 }, smooth), [32, 32, 3], 2e-3),
  ...Object.entries({
    bottlenecks: bottlenecks({}, smooth),
    'bottlenecks in groups': bottlenecks({ groups: 8, groupWidth: 16 }, smooth),
    'averaged shortcuts': basicBlocks({ shortcut: averagedShortcut() }, smooth),
  }).map(([name, kind]) => netCase(`of ${name}, SiLU`, smallNet(kind), [48, 48, 3])),
]

export const cases = [
  ...[
    [2, 9, 3, 8, 3, { padding: 1 }],
    [2, 9, 1, 16, 3, { padding: 1 }],
    [2, 12, 16, 16, 3, { padding: 1 }],
    [3, 11, 8, 20, 3, { padding: 1, stride: 2 }],
    [2, 13, 5, 7, 5, { padding: 2, stride: 3 }],
    [2, 8, 16, 32, 1, { stride: 2 }],
    [2, 8, 64, 72, 1, {}],
    [1, 16, 3, 64, 7, { padding: 3, stride: 2 }],
    [2, 10, 8, 8, 3, { padding: 2, dilation: 2 }],
    [2, 11, 4, 4, 3, { padding: 2, dilation: 2, stride: 2 }],
    [2, 9, 32, 64, 3, { padding: 1, groups: 8 }],
    [2, 9, 24, 12, 3, { padding: 1, stride: 2, groups: 4 }],
    [2, 9, 6, 6, 3, { padding: 1, groups: 6 }],
    [2, 9, 8, 16, 3, { padding: 1, stride: 2, groups: 8 }],
    [2, 28, 32, 32, 3, { padding: 1 }],
    [2, 4, 256, 256, 3, { padding: 1 }],
  ].map((row) => convolution(/** @type {any} */ (row))),
  ...[
    [4, 5, 5, 7],
    [16, 28, 28, 16],
    [3, 2, 2, 130],
    [8, 64],
  ].map((shape) => ({
    name: `batch normalisation ${shape.join('x')}`,
    run: () => {
      const channels = /** @type {number} */ (shape.at(-1))
      return both(({ x, params }) => batchNorm().train(params, tf.add(x, 100), key(0)).y, {
        x: draw(1, shape),
        params: { weight: draw(2, [channels]), bias: draw(3, [channels]) },
      })
    },
    tolerance: 2e-3,
  })),
  {
    name: 'maximum pool',
    run: () => both(({ x }) => applyMaxPool(x, { size: 3, stride: 2, padding: 1 }), { x: draw(1, [2, 9, 9, 5]) }),
  },
  { name: 'average pool', run: () => both(({ x }) => applyAvgPool(x, { size: 2 }), { x: draw(1, [2, 8, 8, 4]) }) },
  {
    name: 'sum over channels',
    run: () => ({ y: tf.sum(draw(1, [3, 7, 5, 6]), [0, 1, 2]), z: tf.mean(draw(2, [300, 33]), 0) }),
  },
  { name: 'global mean', run: () => ({ y: tf.mean(draw(1, [3, 7, 7, 6]), [1, 2], true) }) },
  { name: 'sums of all axes', run: () => ({ y: tf.sum(draw(1, [1000])), z: tf.mean(draw(2, [4, 300]), 1) }) },
  ...wholeNets,
]

/** The values of a case on the current backend, by path. */
export const valuesOf = async (run) => {
  const found = tf.tidy(run)
  const values = []
  for (const { path, leaf } of flatten(found)) {
    values.push([path, await leaf.data()])
    leaf.dispose()
  }
  return new Map(/** @type {[string, Float32Array][]} */ (values))
}

/** The largest difference relative to the largest magnitude, over all paths, and where. */
export const differenceOf = (found, expected) => {
  let worst = { difference: 0, path: '' }
  for (const [path, values] of expected) {
    const other = found.get(path)
    let [scale, most] = [1e-6, other?.length === values.length ? 0 : Infinity]
    for (let i = 0; i < values.length; i++) {
      scale = Math.max(scale, Math.abs(values[i]))
      const by = Math.abs(values[i] - other?.[i])
      most = Number.isNaN(by) ? Infinity : Math.max(most, by)
    }
    if (most / scale > worst.difference) worst = { difference: most / scale, path }
  }
  return worst
}
