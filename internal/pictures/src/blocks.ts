import { bam } from '@resfn/bam'
import { bottleneck, projectedBottleneck } from '@resfn/bottleneck'
import { cbam } from '@resfn/cbam'
import { convBn } from '@resfn/conv-bn'
import { denseBlock, denseLayer } from '@resfn/dense-block'
import { efficientChannelAttention } from '@resfn/efficient-channel-attention'
import { fixupBlock } from '@resfn/fixup-block'
import { sequential } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { basicConvs, placedUnit, placements } from '@resfn/placements'
import { preActivation, preActivationBranch } from '@resfn/pre-activation'
import { projection } from '@resfn/projected-add'
import { hierarchical } from '@resfn/res2net'
import { residualAttention } from '@resfn/residual-attention'
import { projectedResidualBlock, residualBlock } from '@resfn/residual-block'
import { earlyConcatenation, groupedConvolutions, splitTransformMerge } from '@resfn/resnext'
import { selectiveKernel } from '@resfn/selective-kernel'
import { shortcuts } from '@resfn/shortcuts'
import { splitAttention } from '@resfn/split-attention'
import { squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { stage } from '@resfn/stage'
import { anyBranch } from './branch.ts'
import type { Subjects } from './subject.ts'

/** The options of each form of ResNeXt. */
const paths = { out: 256, cardinality: 2, width: 32 }

const basic = residualBlock({ out: 16 })

/** The pictures of the blocks, by folder. */
export const blocks: Subjects = {
  'conv-bn': {
    title: 'convBn: a convolution and its batch normalisation',
    description: 'A 3x3 convolution without bias, then batch normalisation.',
    layer: convBn({ out: 64, size: 3 }),
    input: [56, 56, 64],
  },
  makers: {
    title: 'makers: conv, norm and act as values',
    description: 'A layer made with what the makers give: a convolution, a normalisation and an activation.',
    layer: sequential({ conv: makers.conv({ out: 64, size: 3 }), norm: makers.norm(), act: makers.act }),
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
      'First the channels are multiplied by a gate that one perceptron makes of their means and of their largest values, then the pixels by one made of the mean and the largest value over their channels.',
    layer: cbam(),
    input: [28, 28, 256],
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
  placements: {
    title: 'placements: where normalisation and activation stand',
    description:
      'Five residual units of two convolutions. They differ in the order of convolution, normalisation and activation, and in what stands after the addition.',
    layers: Object.fromEntries(
      Object.entries(placements).map(([name, placement]) => [
        name,
        placedUnit({ placement, convs: basicConvs({ out: 64 }) }),
      ]),
    ),
    input: [56, 56, 64],
  },
  resnext: {
    title: 'resnext: three forms of one branch',
    description:
      'Two paths, summed after three convolutions; two paths, concatenated after two; and one bottleneck whose 3x3 convolution has two groups. All compute the same.',
    layers: {
      splitTransformMerge: splitTransformMerge(paths),
      earlyConcatenation: earlyConcatenation(paths),
      groupedConvolutions: groupedConvolutions(paths),
    },
    input: [56, 56, 256],
  },
  shortcuts: {
    title: 'shortcuts: operations on the shortcut',
    description:
      'A branch F beside a shortcut that is halved, gated, convolved or dropped. The exclusive gate mixes the branch and the input by one gate.',
    layers: Object.fromEntries(
      ['constant', 'shortcut-only gate', 'exclusive gate', '1x1 convolution', 'dropout'].map((name) => [
        name,
        shortcuts[name]!(anyBranch()),
      ]),
    ),
    input: [32, 32, 16],
    columns: 3,
  },
  surgery: {
    title: 'insertIdentity: a block more, and the same function',
    description:
      'A stage of two blocks, and the same with a block between them. The last normalisation of the new block has the weight 0, so that its branch adds nothing.',
    layers: {
      before: sequential({ first: basic, last: basic }),
      after: sequential({ first: basic, added: basic, last: basic }),
    },
    input: [32, 32, 16],
    words: { first: 'block', last: 'block', 'added.bn2': 'batchNorm, weight 0' },
  },
}
