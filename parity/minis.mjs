// @ts-check
// Small members of the families, for the comparison of gradients. reference/net_mini.py has PyTorch's.
import { silu } from '@resfn/activation'
import { convStem, denseStages } from '@resfn/archs/densenet'
import { torchvisionKeys as densenetKeys } from '@resfn/archs/densenet/keys'
import { res2netBlocks } from '@resfn/archs/res2net'
import { timmKeys as res2netKeys } from '@resfn/archs/res2net/keys'
import { resnestBlocks } from '@resfn/archs/resnest'
import { timmKeys as resnestKeys } from '@resfn/archs/resnest/keys'
import { averagedShortcut, basicBlocks, bottlenecks, deepStem, fourStages, threeStages } from '@resfn/archs/resnet'
import { averagedKeys } from '@resfn/archs/resnet/keys'
import { attentionBlocks, preActivated } from '@resfn/archs/residual-attention'
import { tengshaofengCifarKeys } from '@resfn/archs/residual-attention/keys'
import { conv2d } from '@resfn/conv2d'
import { maxPool } from '@resfn/pool'
import { denseBottleneck } from '@resfn/dense-block'
import { untyped } from '@resfn/layer'
import { makers } from '@resfn/makers'

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
  (kind, blocks = [1, 1, 1, 1], own = makers) =>
  (/** @type {{ classes: number }} */ { classes }) =>
    untyped(fourStages({ stem: deepStem(stemWidths, own), kind, blocks, widths, classes }))

const densenetOf = (/** @type {{ classes: number }} */ { classes }) => {
  const layer = denseBottleneck({ growth: 8 }, smooth)
  const options = { stem: convStem({ out: 16 }, smooth), layer, layers: [2, 2, 2, 2], compression: 0.5, classes }
  return untyped(denseStages(options, smooth))
}

/** A unit and an attention module whose mask goes down twice, then two units. */
const attentionOf =
  (/** @type {any} */ form = {}) =>
  (/** @type {{ classes: number }} */ { classes }) => {
    const units = preActivated()
    const kind = attentionBlocks(units, () => 2, form)
    const attentionStem = { conv1: conv2d({ out: 16, size: 3 }) }
    const options = { kind, blocks: /** @type {const} */ ([2, 1, 1]), widths: /** @type {const} */ ([6, 8, 12]) }
    return untyped(threeStages({ stem: attentionStem, ...options, tail: units.tail, classes }))
  }

/** By name, as rows of `nets` are. */
export const minis = {
  'mini-resnet-basic': { input: [48, 48, 3], make: resnetOf(basicBlocks()) },
  'mini-resnet-bottleneck': { input: [48, 48, 3], make: resnetOf(bottlenecks()) },
  'mini-resnet-d': {
    input: [48, 48, 3],
    keys: { timm: averagedKeys },
    make: resnetOf(basicBlocks({ shortcut: averagedShortcut() })),
  },
  'mini-resnext': { input: [48, 48, 3], make: resnetOf(bottlenecks({ groups: 8, groupWidth: 16 })) },
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
    make: resnetOf(resnestBlocks({ radix: 2, cardinality: 2, baseWidth: 32 })),
  },
  'mini-res2net': {
    input: [48, 48, 3],
    keys: { timm: res2netKeys },
    make: resnetOf(res2netBlocks({}, smooth), [1, 2, 1, 1], smooth),
  },
}
