import { splitChannels } from '@resfn/split-channels'
import { reduceToMultiple } from '@resfn/squeeze-and-excitation'
import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { type AnyBlockKind, blockKind } from '../resnet/block-kind.ts'
import { depths, type ResnetDepth } from '../resnet/depths.ts'
import { convShortcut } from '../resnet/shortcuts.ts'
import { fourStages } from '../resnet/stages.ts'
import { variants } from '../resnet/variants.ts'
import { averagedSknetKeys, pytorchcvSknetKeys, sknetKeys } from './keys.ts'
import { selectiveBasicBranches, selectiveBottleneckBranches } from './sknet.ts'

type Row = {
  readonly description: string
  readonly depth: ResnetDepth
  readonly kind: AnyBlockKind
  readonly letter?: 'b' | 'd'
  readonly keys: NonNullable<NetEntry['keys']>
}

const row = ({ description, depth, kind, letter = 'b', keys }: Row): NetEntry =>
  entry({ description: `${description} for ImageNet`, input: [224, 224, 3], classes: 1000, keys }, ({ classes }) =>
    fourStages({ stem: variants[letter].stem, kind, blocks: depths[depth], classes }),
  )

/** Each path has half of the channels, so that two of them cost as much as one. */
const basic = blockKind({
  expansion: 1,
  branch: selectiveBasicBranches({
    hidden: reduceToMultiple({ ratio: 1 / 8, multiple: 16, atLeast: 0.9 }),
    on: splitChannels,
  }),
  shortcut: convShortcut(),
})

const bottleneck = (letter: 'b' | 'd'): AnyBlockKind =>
  blockKind({
    expansion: 4,
    branch: selectiveBottleneckBranches({ on: splitChannels }),
    shortcut: variants[letter].shortcut,
  })

/** Those of the paper: each path has all channels, in groups. */
const grouped = blockKind({
  expansion: 4,
  branch: selectiveBottleneckBranches({
    hidden: reduceToMultiple({ multiple: 32, atLeast: 0.9 }),
    groups: 32,
    groupWidth: 4,
  }),
  shortcut: convShortcut(),
})

const timm = { timm: sknetKeys }
const pytorchcv = { pytorchcv: pytorchcvSknetKeys }

/**
 * The nets of selective kernels, by their names in timm and in pytorchcv, whose `sknet50` is timm's
 * `skresnext50_32x4d` with other keys.
 */
export const sknets: Nets = {
  skresnet18: row({ description: 'SK-ResNet-18', depth: 18, kind: basic, keys: timm }),
  skresnet34: row({ description: 'SK-ResNet-34', depth: 34, kind: basic, keys: timm }),
  skresnet50: row({ description: 'SK-ResNet-50', depth: 50, kind: bottleneck('b'), keys: timm }),
  skresnet50d: row({
    description: 'SK-ResNet-50-D',
    depth: 50,
    kind: bottleneck('d'),
    letter: 'd',
    keys: { timm: averagedSknetKeys },
  }),
  skresnext50_32x4d: row({ description: 'SK-ResNeXt-50 32x4d', depth: 50, kind: grouped, keys: timm }),
  sknet50: row({ description: 'SKNet-50', depth: 50, kind: grouped, keys: pytorchcv }),
  sknet101: row({ description: 'SKNet-101', depth: 101, kind: grouped, keys: pytorchcv }),
  sknet152: row({ description: 'SKNet-152', depth: 152, kind: grouped, keys: pytorchcv }),
}
