import * as tf from '@tensorflow/tfjs-core'
import { activation, type ActivationName } from '@resfn/activation'
import { bam } from '@resfn/bam'
import { batchNorm } from '@resfn/batch-norm'
import { blurPool } from '@resfn/blur-pool'
import { bottleneck } from '@resfn/bottleneck'
import { cbam } from '@resfn/cbam'
import { channelConv1d } from '@resfn/channel-conv1d'
import { convBn } from '@resfn/conv-bn'
import { conv2d } from '@resfn/conv2d'
import { dense, flatten } from '@resfn/dense'
import { denseBlock, denseLayer, transition } from '@resfn/dense-block'
import { dropBlock } from '@resfn/drop-block'
import { dropPath } from '@resfn/drop-path'
import { dropout } from '@resfn/dropout'
import { efficientChannelAttention } from '@resfn/efficient-channel-attention'
import { fixupBlock } from '@resfn/fixup-block'
import { groupNorm } from '@resfn/group-norm'
import { identityAdd } from '@resfn/identity-add'
import { type AnyLayer, channels, init, sequential, type Shape, untyped } from '@resfn/layer'
import { basicConvs, placedUnit, placements } from '@resfn/placements'
import { avgMaxPool, avgPool, catAvgMaxPool, gemPool, globalAvgPool, globalMaxPool, maxPool } from '@resfn/pool'
import { preActivation, preActivationBranch } from '@resfn/pre-activation'
import { projectedAdd, projection, subsampleAndPad } from '@resfn/projected-add'
import { key } from '@resfn/random'
import { hierarchical } from '@resfn/res2net'
import { resize } from '@resfn/resize'
import { residualAttention } from '@resfn/residual-attention'
import { projectedResidualBlock, residualBlock } from '@resfn/residual-block'
import { groupedConvolutions } from '@resfn/resnext'
import { layerScale, scale } from '@resfn/scale'
import { selectiveKernel } from '@resfn/selective-kernel'
import { shift } from '@resfn/shift'
import { shortcuts } from '@resfn/shortcuts'
import { splitAttention } from '@resfn/split-attention'
import { splitChannels } from '@resfn/split-channels'
import { squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { map, flatten as paths } from '@resfn/tree'
import { scaledWeightStandardisation, weightStandardisation } from '@resfn/weight-standardisation'
import { valueAndGradient } from '@resfn/autodiff'
import type { CorpusCase, Outputs } from '../corpus-case.ts'
import { noise } from '../values.ts'
import { upstream } from '../with-gradients.ts'

const named = (prefix: string, tree: unknown): Outputs =>
  Object.fromEntries(paths<tf.Tensor>(tree).map(({ path, leaf }) => [`${prefix} ${path}`.trim(), leaf]))

/** Every leaf moved a little, so that no normalisation is at its first values. */
const stirred = <P>(tree: P): P => {
  let seed = 20
  return map(tree, (leaf: tf.Tensor) => tf.add(leaf, tf.mul(noise(seed++, ...leaf.shape), 0.2)))
}

/** A layer in evaluation and in training, what it saw, and the gradients by its input and parameters. */
const layer = (name: string, given: AnyLayer, input: Shape, tolerance = 1e-4): CorpusCase => ({
  name: `${name} on [${input}], in evaluation and training, with all gradients`,
  tolerance,
  compute: () => {
    const net = untyped(given)
    const { params, state } = init(net, key(1), input)
    const at = { params: stirred(params), x: noise(1, 3, ...input) }
    const evaluated = net.apply(at.params, at.x, stirred(state))
    const { aux, gradients } = valueAndGradient((tree: typeof at) => {
      const { y, seen } = net.train(tree.params, tree.x, key(2))
      return { loss: tf.sum(tf.mul(y, upstream(y.shape))), aux: { y, seen } }
    })(at)
    return { evaluated, trained: aux.y, ...named('seen', aux.seen), ...named('gradient of', gradients) }
  },
})

const activations: readonly ActivationName[] = [
  'relu',
  'relu6',
  'leakyRelu',
  'elu',
  'sigmoid',
  'hardSigmoid',
  'tanh',
  'silu',
  'hardSwish',
  'gelu',
]

const ops: readonly CorpusCase[] = [
  ...activations.map((name) => layer(name, activation(name), [5, 4, 3])),
  layer('batchNorm', batchNorm(), [7, 5, 6]),
  layer('batchNorm of features', batchNorm(), [5]),
  layer('groupNorm', groupNorm({ groups: 2 }), [7, 5, 6]),
  layer('conv2d', conv2d({ out: 7, size: 3, bias: true }), [7, 6, 5]),
  layer('conv2d, stride 2', conv2d({ out: 7, size: 3, stride: 2 }), [7, 6, 5]),
  layer('conv2d, dilation 2', conv2d({ out: 7, size: 3, dilation: 2 }), [7, 6, 5]),
  layer('conv2d, stride 2 and dilation 2', conv2d({ out: 4, size: 3, stride: 2, dilation: 2 }), [9, 8, 3]),
  layer('conv2d, 4 groups', conv2d({ out: 8, size: 3, groups: 4 }), [7, 6, 16]),
  layer(
    'conv2d, 4 groups, stride 2 and dilation 2',
    conv2d({ out: 8, size: 3, groups: 4, stride: 2, dilation: 2 }),
    [9, 8, 16],
  ),
  layer('conv2d, depthwise', conv2d({ out: 12, size: 3, groups: 6, stride: 2 }), [7, 6, 6]),
  layer('dense', sequential({ flatten, fc: dense({ out: 5 }) }), [3, 4, 2]),
  layer('maxPool', maxPool({ size: 3, stride: 2, padding: 1 }), [7, 6, 5]),
  layer('maxPool, ceilMode', maxPool({ size: 3, stride: 2, ceilMode: true }), [8, 7, 3]),
  layer('avgPool', avgPool({ size: 3, stride: 2, padding: 1 }), [7, 6, 5]),
  layer('gemPool', gemPool(), [5, 4, 6]),
  layer('globalAvgPool', globalAvgPool, [5, 4, 6]),
  layer('globalMaxPool', globalMaxPool, [5, 4, 6]),
  layer('avgMaxPool', avgMaxPool, [5, 4, 6]),
  layer('catAvgMaxPool', catAvgMaxPool, [5, 4, 6]),
  layer('blurPool', blurPool(), [7, 6, 5]),
  layer('resize', resize({ height: 9, width: 4 }), [5, 6, 3]),
  layer('channelConv1d', channelConv1d({ size: 3 }), [7]),
  layer('scale', scale({ per: 'channel' }), [5, 4, 3]),
  layer('layerScale', layerScale(0.5), [5, 4, 3]),
  layer('shift', shift({ per: 'layer' }), [5, 4, 3]),
  layer(
    'splitChannels',
    splitChannels({ left: conv2d({ out: 4, size: 3 }), right: conv2d({ out: 3, size: 1 }) }, channels),
    [5, 4, 6],
  ),
  layer('weightStandardisation', weightStandardisation(conv2d({ out: 4, size: 3 })), [5, 4, 3]),
  layer('scaledWeightStandardisation', scaledWeightStandardisation(conv2d({ out: 4, size: 3 })), [5, 4, 3]),
  layer('dropout', dropout({ rate: 0.3 }), [5, 4, 3]),
  layer('dropPath', dropPath({ rate: 0.5 }), [5, 4, 3]),
  layer('dropBlock', dropBlock({ rate: 0.3, size: 3 }), [9, 8, 3]),
  layer('identityAdd', identityAdd(conv2d({ out: 3, size: 3 })), [5, 4, 3]),
  layer(
    'projectedAdd',
    projectedAdd(conv2d({ out: 6, size: 3, stride: 2 }), projection({ out: 6, stride: 2 })),
    [6, 5, 3],
  ),
  layer('subsampleAndPad', subsampleAndPad({ out: 6, stride: 2 }), [6, 5, 3]),
]

// Deeper, so that rounding goes further.
const block = (name: string, given: AnyLayer, input: Shape, tolerance = 5e-4): CorpusCase =>
  layer(name, given, input, tolerance)

const blocks: readonly CorpusCase[] = [
  block('convBn', convBn({ out: 6, size: 3 }), [6, 5, 4]),
  block('residualBlock', residualBlock({ out: 8 }), [6, 6, 8]),
  block(
    'projectedResidualBlock',
    projectedResidualBlock({ out: 8, stride: 2, shortcut: convBn({ out: 8, size: 1, stride: 2 }) }),
    [6, 6, 4],
  ),
  block('bottleneck', bottleneck({ out: 16 }), [6, 6, 16]),
  block('denseBlock', denseBlock({ layer: denseLayer({ growth: 4 }), layers: 3 }), [6, 6, 5]),
  block('transition', transition(), [6, 6, 8]),
  block('fixupBlock', fixupBlock({ out: 8, blocks: 4 }), [6, 6, 8]),
  block('hierarchical', hierarchical({ scale: convBn({ out: 3, size: 3 }), scales: 4 }), [6, 6, 12]),
  // Its normalisation is over the three samples, one pixel each.
  block('splitAttention', splitAttention({ out: 8, radix: 2 }), [6, 6, 8], 2e-2),
  block(
    'preActivation',
    preActivation(preActivationBranch({ out: 8, stride: 2 }), projection({ out: 8, stride: 2 })),
    [6, 6, 4],
  ),
  block('squeezeAndExcitation', squeezeAndExcitation(), [6, 6, 32]),
  block('efficientChannelAttention', efficientChannelAttention(), [6, 6, 16]),
  block('cbam', cbam(), [8, 8, 32]),
  block('bam', bam(), [8, 8, 32]),
  block('selectiveKernel', selectiveKernel({ out: 16, groups: 4 }), [6, 6, 16]),
  block('residualAttention', residualAttention({ out: 16, depth: 1 }), [8, 8, 16]),
  block('groupedConvolutions', groupedConvolutions({ out: 16, cardinality: 2, width: 4 }), [6, 6, 16]),
  ...Object.entries(placements).map(([name, placement]) =>
    block(`placedUnit ${name}`, placedUnit({ placement, convs: basicConvs({ out: 6 }) }), [6, 5, 6]),
  ),
  ...Object.entries(shortcuts).map(([name, of]) =>
    block(`shortcut: ${name}`, of(convBn({ out: 4, size: 3 })), [6, 6, 4]),
  ),
]

export const layers: readonly CorpusCase[] = [...ops, ...blocks]
