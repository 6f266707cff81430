import { relu } from '@resfn/activation'
import { bam } from '@resfn/bam'
import { batchNorm } from '@resfn/batch-norm'
import { bottleneck, projectedBottleneck } from '@resfn/bottleneck'
import { cbam } from '@resfn/cbam'
import { channelConv1d } from '@resfn/channel-conv1d'
import { convBn } from '@resfn/conv-bn'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { denseBlock, denseLayer } from '@resfn/dense-block'
import { dropPath } from '@resfn/drop-path'
import { efficientChannelAttention } from '@resfn/efficient-channel-attention'
import { fixupBlock } from '@resfn/fixup-block'
import { identityAdd } from '@resfn/identity-add'
import { type AnyLayer, channels, type Empty, type Layer, lift, sequential, type Shape } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { hierarchical } from '@resfn/res2net'
import { splitAttention } from '@resfn/split-attention'
import { globalAvgPool } from '@resfn/pool'
import { preActivation, preActivationBranch } from '@resfn/pre-activation'
import { projectedAdd, projection } from '@resfn/projected-add'
import { residualAttention } from '@resfn/residual-attention'
import { projectedResidualBlock } from '@resfn/residual-block'
import { resize } from '@resfn/resize'
import { layerScale } from '@resfn/scale'
import { selectiveKernel } from '@resfn/selective-kernel'
import { shift } from '@resfn/shift'
import { splitChannels } from '@resfn/split-channels'
import { squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { stage } from '@resfn/stage'
import { blurs, curves, dropBlocks, dropouts, type Figure, window } from './figures.ts'
import type { Words } from './node.ts'

/** What a picture is of: a layer on an input, or a figure, and what it shows in words. */
export type Subject = { readonly title: string; readonly description: string } & (
  | { readonly figure: () => Figure }
  | {
      readonly layer: AnyLayer
      readonly input: Shape
      /** words for parts that are one box, by their paths */
      readonly words?: Words
    }
)

/** A stand-in for any branch. */
const anyBranch = (output: (input: Shape) => Shape = (input) => input): Layer<Empty> =>
  lift((x) => x, { kind: 'F(x)', output })

const halved = ([height, width]: Shape): Shape => [height! / 2, width! / 2, 128]

/** The pictures of layers, by the folder of the package. */
export const subjects: { readonly [folder: string]: Subject } = {
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
  'conv-bn': {
    title: 'convBn: a convolution and its batch normalisation',
    description: 'A 3x3 convolution without bias, then batch normalisation.',
    layer: convBn({ out: 64, size: 3 }),
    input: [56, 56, 64],
  },
  makers: {
    title: 'makers: conv, norm and act as values',
    description: 'A block is made of a convolution, a normalisation and an activation that the makers give.',
    layer: convBn({ out: 64, size: 3 }, makers),
    input: [56, 56, 64],
  },
  'residual-block': {
    title: 'projectedResidualBlock: the basic block that halves the image',
    description:
      'Two 3x3 convolutions, each with batch normalisation, beside a 1x1 convolution as shortcut. Their sum goes through relu.',
    layer: projectedResidualBlock({ out: 128, stride: 2, shortcut: convBn({ out: 128, size: 1, stride: 2 }) }),
    input: [56, 56, 64],
  },
  bottleneck: {
    title: 'bottleneck: 1x1, 3x3 and 1x1 convolutions',
    description:
      'A 1x1 convolution narrows the channels, a 3x3 convolution works on few of them, and a 1x1 convolution widens them again. The input is added, and the sum goes through relu.',
    layer: bottleneck({ out: 256 }),
    input: [56, 56, 256],
  },
  stage: {
    title: 'stage: a block that changes the shape, then blocks that keep it',
    description: 'The first block halves the image and widens the channels, the others keep the shape.',
    layer: stage({
      first: projectedBottleneck({ out: 512, stride: 2, shortcut: convBn({ out: 512, size: 1, stride: 2 }) }),
      rest: bottleneck({ out: 512 }),
      blocks: 4,
    }),
    input: [56, 56, 256],
    words: { 0: 'first block, shortcut projected', 1: 'block', 2: 'block', 3: 'block' },
  },
  'dense-block': {
    title: 'denseBlock: each layer reads what all before it made',
    description:
      'Three dense layers. The output of each is joined to its input along the channels, so that the channels grow by 32 at a time.',
    layer: denseBlock({ layer: denseLayer({ growth: 32 }), layers: 3 }),
    input: [28, 28, 64],
  },
  'fixup-block': {
    title: 'fixupBlock: residual learning without normalisation',
    description:
      'Two 3x3 convolutions with a learned scalar before each convolution and activation and a multiplier at the end. The input is added, and the sum goes through relu.',
    layer: fixupBlock({ out: 64, blocks: 16 }),
    input: [32, 32, 64],
  },
  res2net: {
    title: 'hierarchical: each scale reads what the one before it made',
    description:
      'The channels are split into four parts. Three of them go through a 3x3 convolution, the second and third after the output of the scale before is added; the last part stays as it is. All are joined.',
    layer: hierarchical({ scale: convBn({ out: 26, size: 3 }), scales: 4 }),
    input: [56, 56, 104],
  },
  'split-attention': {
    title: 'splitAttention: copies of the channels, weighted against each other',
    description:
      'A grouped 3x3 convolution makes two copies of the channels. A perceptron on the means of their sum makes scores, whose softmax over the copies weighs them before they are added.',
    layer: splitAttention({ out: 64, radix: 2 }),
    input: [56, 56, 64],
  },
  'pre-activation': {
    title: 'preActivation: normalisation and activation before each convolution',
    description:
      'The first normalisation and activation stand before both ways: two 3x3 convolutions, and the projection of the shortcut. The sum has no activation after it.',
    layer: preActivation(preActivationBranch({ out: 128, stride: 2 }), projection({ out: 128, stride: 2 })),
    input: [56, 56, 64],
  },
  'squeeze-and-excitation': {
    title: 'squeezeAndExcitation: channels weighted by a gate',
    description:
      'The means of the channels go through a perceptron with one hidden layer and a sigmoid. The input is multiplied by what it gives, channel by channel.',
    layer: squeezeAndExcitation(),
    input: [28, 28, 256],
  },
  'efficient-channel-attention': {
    title: 'efficientChannelAttention: a gate of neighbouring channels',
    description:
      'The means of the channels go through a short convolution along the channels and a sigmoid. The input is multiplied by what it gives, channel by channel.',
    layer: efficientChannelAttention(),
    input: [28, 28, 256],
  },
  cbam: {
    title: 'cbam: channels weighted by a gate, then pixels',
    description:
      'First the channels are multiplied by a gate made of their means and largest values, then the pixels by one made of the mean and the largest value over their channels.',
    layer: cbam(),
    input: [28, 28, 256],
    words: { 'channel.first': 'perceptron of mean and max' },
  },
  bam: {
    title: 'bam: one gate of channels and pixels',
    description:
      'A perceptron makes a number for each channel, dilated convolutions make one for each pixel. The sigmoid of their product multiplies the input, which is added.',
    layer: bam(),
    input: [28, 28, 256],
  },
  'selective-kernel': {
    title: 'selectiveKernel: two filter sizes, weighted channel by channel',
    description:
      'A 3x3 convolution and a dilated one stand side by side. A perceptron on the means of their sum makes scores, and the softmax of these weighs the two.',
    layer: selectiveKernel({ out: 256, groups: 32 }),
    input: [28, 28, 256],
  },
  'residual-attention': {
    title: 'residualAttention: a trunk, weighted by a soft mask',
    description:
      'After a residual unit the trunk of two units stands beside the mask branch, which goes down to small images and up again and ends in a sigmoid. Trunk and mask are joined as (1 + M) T, and one more unit follows.',
    layer: residualAttention({ out: 256, depth: 2 }),
    input: [56, 56, 256],
    words: {
      first: 'residual unit',
      trunk: '2 residual units',
      hourglass: 'hourglass, down and up',
      mask: 'soft mask',
      last: 'residual unit',
    },
  },
}
