// @ts-check
// Small members of the families, for the comparison of gradients. reference/net_mini.py has PyTorch's.
import { averagedShortcut, basicBlocks, bottlenecks, deepStem, fourStages } from '@resfn/archs/resnet'
import { averagedKeys } from '@resfn/archs/resnet/keys'
import { untyped } from '@resfn/layer'

const widths = /** @type {const} */ ([16, 24, 32, 48])
const stem = deepStem({ widths: [8, 8, 16] })

/** @param {any} kind */
const resnetOf =
  (kind) =>
  (/** @type {{ classes: number }} */ { classes }) =>
    untyped(fourStages({ stem, kind, blocks: [1, 1, 1, 1], widths, classes }))

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
}
