// @ts-check
// Small members of the families, for the comparison of gradients. reference/net_mini.py has PyTorch's.
import { silu } from '@resfn/activation'
import { bamResnetKeys } from '@resfn/archs/bam-resnet/keys'
import { convStem, denseStages } from '@resfn/archs/densenet'
import { torchvisionKeys as densenetKeys } from '@resfn/archs/densenet/keys'
import {
  bareDeepStem,
  bareStem,
  bitMakers,
  framedStem,
  preActivationBlocks,
  preActivationBottlenecks,
  preActivationStages,
} from '@resfn/archs/pre-activation'
import { resnetv2Keys } from '@resfn/archs/pre-activation/keys'
import { res2netBlocks } from '@resfn/archs/res2net'
import { timmKeys as res2netKeys } from '@resfn/archs/res2net/keys'
import { resnestBlocks } from '@resfn/archs/resnest'
import { timmKeys as resnestKeys } from '@resfn/archs/resnest/keys'
import {
  attended,
  averagedShortcut,
  basicBlocks,
  blockKind,
  bottleneckBranches,
  bottlenecks,
  convShortcut,
  deepStem,
  fourStages,
  threeStages,
} from '@resfn/archs/resnet'
import { averagedKeys, torchvisionKeys } from '@resfn/archs/resnet/keys'
import { attentionBlocks, preActivated } from '@resfn/archs/residual-attention'
import { tengshaofengCifarKeys } from '@resfn/archs/residual-attention/keys'
import { selectiveBasicBranches } from '@resfn/archs/sknet'
import { sknetKeys } from '@resfn/archs/sknet/keys'
import { bam } from '@resfn/bam'
import { cbam } from '@resfn/cbam'
import { conv2d } from '@resfn/conv2d'
import { maxPool } from '@resfn/pool'
import { denseBottleneck } from '@resfn/dense-block'
import { efficientChannelAttention } from '@resfn/efficient-channel-attention'
import { sequential, untyped } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { splitChannels } from '@resfn/split-channels'
import { squeezeAndExcitation } from '@resfn/squeeze-and-excitation'

const widths = /** @type {const} */ ([16, 24, 32, 48])
const stemWidths = /** @type {const} */ ({ widths: [8, 8, 16] })
// Steps over the kink of ReLU would go apart in float32 and float64.
const smooth = { ...makers, act: silu }

/**
 * @param {any} kind
 * @param {readonly [number, number, number, number]} blocks
 * @param {any} own makers
 */
const resnetOf =
  (kind, blocks = [1, 1, 1, 1], own = smooth) =>
  (/** @type {{ classes: number }} */ { classes }) =>
    untyped(fourStages({ stem: deepStem(stemWidths, own), kind, blocks, widths, classes }))

const densenetOf = (/** @type {{ classes: number }} */ { classes }) => {
  const layer = denseBottleneck({ growth: 8 }, smooth)
  const options = { stem: convStem({ out: 16 }, smooth), layer, layers: [2, 2, 2, 2], compression: 0.5, classes }
  return untyped(denseStages(options, smooth))
}

/**
 * @param {Partial<Parameters<typeof preActivationStages>[0]>} options
 * @param {any} own makers
 */
const resnetv2Of = (options, own = smooth) => ({
  input: [48, 48, 3],
  keys: { timm: resnetv2Keys },
  make: (/** @type {{ classes: number }} */ { classes }) =>
    preActivationStages(
      {
        stem: bareStem({ out: 16 }, own),
        kind: preActivationBlocks({}, own),
        blocks: [1, 1, 1, 1],
        widths,
        classes,
        ...options,
      },
      own,
    ),
})

const smoothBit = { ...bitMakers, act: silu }

/** A unit and an attention module whose mask goes down twice, then two units. */
const attentionOf =
  (/** @type {any} */ form = {}) =>
  (/** @type {{ classes: number }} */ { classes }) => {
    const units = preActivated(smooth)
    const kind = attentionBlocks(units, () => 2, form)
    const attentionStem = { conv1: conv2d({ out: 16, size: 3 }) }
    const options = { kind, blocks: /** @type {const} */ ([2, 1, 1]), widths: /** @type {const} */ ([6, 8, 12]) }
    return untyped(threeStages({ stem: attentionStem, ...options, tail: units.tail, classes }))
  }

/** Bottlenecks with an attention at the end of their branches. */
const attendedOf = (/** @type {any} */ attention) => {
  const branch = attended(bottleneckBranches({}, smooth), () => attention)
  return resnetOf(blockKind({ expansion: 4, branch, shortcut: convShortcut() }, smooth))
}

const selective = blockKind({
  expansion: 1,
  branch: selectiveBasicBranches({ on: splitChannels }),
  shortcut: convShortcut(),
})

const bamResnetOf = (/** @type {{ classes: number }} */ options) => {
  const body = /** @type {any} */ (resnetOf(basicBlocks({}, smooth))(options))
  const { layer2, layer3, layer4, globalAvgPool, fc, ...begin } = body.layers
  const stages = { bam1: bam(), layer2, bam2: bam(), layer3, bam3: bam(), layer4 }
  return untyped(sequential({ ...begin, ...stages, globalAvgPool, fc }))
}

/** The keys of the attentions alone, for a body with those of timm. */
const bamKeys = bamResnetKeys
  .filter(([ours]) => ours.startsWith('bam'))
  .map(([ours, theirs]) => [ours, theirs.replace('features.stage{s+1}.unit1.bam', 'bam{s}')])

/** By name, as rows of `nets` are. */
export const minis = {
  'mini-resnet-basic': { input: [48, 48, 3], make: resnetOf(basicBlocks({}, smooth)) },
  'mini-resnet-bottleneck': { input: [48, 48, 3], make: resnetOf(bottlenecks({}, smooth)) },
  'mini-resnet-d': {
    input: [48, 48, 3],
    keys: { timm: averagedKeys },
    make: resnetOf(basicBlocks({ shortcut: averagedShortcut() }, smooth)),
  },
  'mini-resnext': { input: [48, 48, 3], make: resnetOf(bottlenecks({ groups: 8, groupWidth: 16 }, smooth)) },
  'mini-attention': { input: [24, 24, 3], keys: { tengshaofeng: tengshaofengCifarKeys }, make: attentionOf() },
  'mini-resattnet': {
    input: [24, 24, 3],
    keys: { tengshaofeng: tengshaofengCifarKeys },
    make: attentionOf({ fuse: 'tsf', pool: maxPool({ size: 3, stride: 2, padding: 1 }) }),
  },
  'mini-densenet': { input: [64, 64, 3], keys: { torchvision: densenetKeys }, make: densenetOf },
  // Attention that sees few images is too sensitive to compare float32 with float64.
  'mini-resnest': {
    input: [64, 64, 3],
    batch: 8,
    keys: { timm: resnestKeys },
    make: resnetOf(resnestBlocks({ radix: 2, cardinality: 2, baseWidth: 32 }, smooth)),
  },
  'mini-res2net': {
    input: [48, 48, 3],
    keys: { timm: res2netKeys },
    make: resnetOf(res2netBlocks({}, smooth), [1, 2, 1, 1]),
  },
  'mini-seresnet': { input: [48, 48, 3], make: attendedOf(squeezeAndExcitation()) },
  'mini-ecaresnet': { input: [48, 48, 3], make: attendedOf(efficientChannelAttention()) },
  'mini-cbam-resnet': { input: [48, 48, 3], make: attendedOf(cbam()) },
  'mini-bam-resnet': { input: [40, 40, 3], keys: { mini: [...bamKeys, ...torchvisionKeys] }, make: bamResnetOf },
  'mini-skresnet': { input: [56, 56, 3], keys: { timm: sknetKeys }, make: resnetOf(selective, undefined, makers) },
  'mini-resnetv2-basic': resnetv2Of({}),
  'mini-resnetv2-bottleneck': resnetv2Of({
    stem: bareDeepStem(stemWidths, smooth),
    kind: preActivationBottlenecks({}, smooth),
  }),
  // Widths that have 32 groups of channels.
  'mini-bit': resnetv2Of(
    {
      stem: framedStem({ out: 32 }, smoothBit),
      kind: preActivationBottlenecks({}, smoothBit),
      widths: [32, 32, 64, 64],
    },
    smoothBit,
  ),
}
