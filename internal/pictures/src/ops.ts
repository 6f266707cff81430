import { relu } from '@resfn/activation'
import { batchNorm } from '@resfn/batch-norm'
import { channelConv1d } from '@resfn/channel-conv1d'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { dropPath } from '@resfn/drop-path'
import { groupNorm } from '@resfn/group-norm'
import { identityAdd } from '@resfn/identity-add'
import { channels, sequential, type Shape } from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { projectedAdd, projection } from '@resfn/projected-add'
import { resize } from '@resfn/resize'
import { layerScale } from '@resfn/scale'
import { shift } from '@resfn/shift'
import { splitChannels } from '@resfn/split-channels'
import { weightStandardisation } from '@resfn/weight-standardisation'
import { anyBranch } from './branch.ts'
import { blurs, curves, dropBlocks, dropouts, norms, window } from './figures.ts'
import type { Subjects } from './subject.ts'

const halved = ([height, width]: Shape): Shape => [height! / 2, width! / 2, 128]

/** The pictures of the ops, by folder. */
export const ops: Subjects = {
  'identity-add': {
    title: 'identityAdd: y = x + F(x)',
    description: 'The input takes two ways: through the branch F, and unchanged. Both are added.',
    layer: identityAdd(anyBranch()),
    input: [56, 56, 64],
  },
  'projected-add': {
    title: 'projectedAdd: y = W x + F(x)',
    description:
      'The branch F changes the shape, and a 1x1 convolution changes that of the input alike. Both are added.',
    layer: projectedAdd(anyBranch(halved), projection({ out: 128, stride: 2 })),
    input: [56, 56, 64],
  },
  activation: {
    title: 'activation: functions of single values',
    description: 'The curves of the activation functions between -4 and 4, that of relu6 between -8 and 8.',
    figure: () =>
      curves('relu', 'relu6', 'leakyRelu', 'elu', 'sigmoid', 'hardSigmoid', 'tanh', 'silu', 'hardSwish', 'gelu'),
  },
  conv2d: {
    title: 'conv2d: a filter of 3x3 with stride 2 on a padded image',
    description:
      'The filter stands at the second place of the first row. It covers a row of the padding and two rows of the image, and makes one pixel of the output.',
    figure: () => window(6, [0, 1], { size: 3, stride: 2, padding: 1 }),
  },
  pool: {
    title: 'pool: a window of 3x3 with stride 2 and ceilMode',
    description: 'The last window reaches over the edge at the bottom and right; it starts inside, so it counts.',
    figure: () => window(6, [2, 2], { size: 3, stride: 2, padding: 0, ceilMode: true }),
  },
  dropout: {
    title: 'dropout: what shares a draw',
    description:
      'Four samples of four pixels in rows, six channels in columns. Values, whole channels of a sample or whole samples are dropped.',
    figure: dropouts,
  },
  'drop-block': {
    title: 'dropBlock: squares of pixels are dropped',
    description: 'Masks of one image with blocks of 1, 3 and 5 pixels, at the same rate.',
    figure: dropBlocks,
  },
  'drop-path': {
    title: 'dropPath: the last layer of a branch',
    description: 'The branch F goes through dropPath, which drops it for some of the samples. The input is added.',
    layer: identityAdd(sequential({ branch: anyBranch(), dropPath: dropPath({ rate: 0.2 }) })),
    input: [56, 56, 64],
  },
  'blur-pool': {
    title: 'blurPool: downsampling that takes the finest pattern out first',
    description:
      'The finest checkers. Every second pixel of them is a constant that depends on where one begins; blurPool gives their mean.',
    figure: blurs,
  },
  scale: {
    title: 'scale: the branch of a residual block times a learned weight',
    description: 'The branch F is multiplied by a weight for each channel. The input is added.',
    layer: identityAdd(sequential({ branch: anyBranch(), scale: layerScale() })),
    input: [56, 56, 64],
  },
  shift: {
    title: 'shift: a learned number is added',
    description: 'One number before a convolution and one before its activation, in place of a normalisation.',
    layer: sequential({
      bias1: shift({ per: 'layer' }),
      conv: conv2d({ out: 64, size: 3 }),
      bias2: shift({ per: 'layer' }),
      relu,
    }),
    input: [56, 56, 64],
  },
  'batch-norm': {
    title: 'batchNorm: between a convolution and its activation',
    description: 'Each channel is brought to mean 0 and variance 1, and gets a learned scale and shift.',
    layer: sequential({ conv: conv2d({ out: 64, size: 3 }), bn: batchNorm(), relu }),
    input: [56, 56, 64],
  },
  dense: {
    title: 'dense: the head of a net',
    description: 'An image becomes the means of its channels, and a matrix product makes a number for each class.',
    layer: sequential({ pool: globalAvgPool, fc: dense({ out: 1000 }) }),
    input: [7, 7, 512],
  },
  'split-channels': {
    title: 'splitChannels: a layer on each part of the channels',
    description:
      'Half of the channels goes through a 3x3 convolution, the other half through a 5x5 one. The outputs are joined.',
    layer: splitChannels({ near: conv2d({ out: 32, size: 3 }), far: conv2d({ out: 32, size: 5 }) }, channels),
    input: [28, 28, 64],
  },
  'channel-conv1d': {
    title: 'channelConv1d: a convolution along the channels',
    description: 'The means of the channels go through a filter of 5 neighbouring channels.',
    layer: sequential({ pool: globalAvgPool, conv: channelConv1d({ size: 5 }) }),
    input: [28, 28, 256],
  },
  resize: {
    title: 'resize: an image of another size',
    description: 'A small image becomes one of the given size.',
    layer: resize({ height: 56, width: 56 }),
    input: [28, 28, 64],
  },
  'group-norm': {
    title: 'groupNorm: what shares a mean and a variance',
    description:
      'Four samples of four pixels in rows, six channels in columns. Marked is what the first value of the output depends on: with batch normalisation its channel in all samples, with two groups three channels of its sample, with one group its sample, with six its channel in its sample.',
    figure: norms,
  },
  'weight-standardisation': {
    title: 'weightStandardisation: a convolution with standardised filters, and group normalisation',
    description:
      'The first layers of a branch of BiT: group normalisation, an activation, and a convolution whose filters have mean 0 and variance 1.',
    layer: sequential({ norm: groupNorm(), relu, conv: weightStandardisation(conv2d({ out: 64, size: 3 })) }),
    input: [56, 56, 64],
  },
}
