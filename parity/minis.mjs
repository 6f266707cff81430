// @ts-check
// Small members of the families, for the comparison of gradients. reference/net_mini.py has PyTorch's.
import { averagedShortcut, basicBlocks, bottlenecks, deepStem, fourStages, threeStages } from '@resfn/archs/resnet'
import { averagedKeys } from '@resfn/archs/resnet/keys'
import { attentionBlocks, preActivated } from '@resfn/archs/residual-attention'
import { tengshaofengCifarKeys } from '@resfn/archs/residual-attention/keys'
import { conv2d } from '@resfn/conv2d'
import { maxPool } from '@resfn/pool'
import { untyped } from '@resfn/layer'

const widths = /** @type {const} */ ([16, 24, 32, 48])
const stem = deepStem({ widths: [8, 8, 16] })

/** @param {any} kind */
const resnetOf =
  (kind) =>
  (/** @type {{ classes: number }} */ { classes }) =>
    untyped(fourStages({ stem, kind, blocks: [1, 1, 1, 1], widths, classes }))

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
}
