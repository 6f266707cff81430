import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'
import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import type { AnyBlockKind } from '../resnet/block-kind.ts'
import { depths, isBasic } from '../resnet/depths.ts'
import { torchvisionKeys } from '../resnet/keys.ts'
import { basicBlocks, bottlenecks } from '../resnet/kinds.ts'
import { fourStages } from '../resnet/stages.ts'
import { smallStem } from '../resnet/stems.ts'
import { cifarBottleneckResnet, cifarResnet } from './cifar-resnet.ts'
import { akamasterKeys, resnet9Keys } from './keys.ts'
import { noShortcuts, optionA, optionACentred, optionB, optionC } from './options.ts'
import { resnet9 } from './resnet9.ts'

type Option = (makers: Makers<BatchNorm>) => AnyBlockKind
type Keys = NonNullable<NetEntry['keys']>
type Row = readonly [name: string, entry: NetEntry]

const small = (description: string, keys: Keys, make: (classes: number) => AnyLayer) =>
  entry({ description, input: [32, 32, 3], classes: 10, keys }, ({ classes }) => make(classes))

const rows = <D extends number>(of: readonly D[], row: (depth: D) => Row): Nets => Object.fromEntries(of.map(row))

const usual = { torchvision: torchvisionKeys, akamaster: akamasterKeys }
const akamaster = { akamaster: akamasterKeys }

/** A row for each depth, which stands in name and description for the "#". */
const threeStage =
  (name: string, description: string, shortcuts: Option, keys: Keys = usual) =>
  (depth: number): Row => [
    name.replace('#', `${depth}`),
    small(description.replace('#', `${depth}`), keys, (classes) =>
      cifarResnet<BatchNorm, AnyLayer, AnyLayer, AnyLayer>({ depth, classes, shortcuts }),
    ),
  ]

const bottleneckRow = (depth: number): Row => [
  `cifar-resnet${depth}${depth === 110 ? '-bottleneck' : ''}`,
  small(`ResNet-${depth} of bottlenecks for CIFAR`, { torchvision: torchvisionKeys }, (classes) =>
    cifarBottleneckResnet({ depth, classes }),
  ),
]

const kuangliu = (depth: 18 | 34 | 50 | 101 | 152): Row => {
  const kind: AnyBlockKind = isBasic(depth) ? basicBlocks() : bottlenecks()
  const stem = smallStem({ out: 64 })
  return [
    `cifar-kuangliu-resnet${depth}`,
    small(`kuangliu's ResNet-${depth} for CIFAR, of four stages`, { kuangliu: akamasterKeys }, (classes) =>
      fourStages({ stem, kind, blocks: depths[depth], classes }),
    ),
  ]
}

const all = [20, 32, 44, 56, 110]

/** The nets for small images. Their names begin with `cifar-`, because ResNet-18 and ResNet-20 are two families. */
export const cifarResnets: Nets = {
  ...rows([8, 14, ...all, 1202], threeStage('cifar-resnet#', 'ResNet-# for CIFAR, shortcuts of option A', optionA)),
  ...rows([8, ...all], threeStage('cifar-resnet#-b', 'ResNet-# for CIFAR, shortcuts of option B', optionB)),
  ...rows([8, ...all], threeStage('cifar-resnet#-c', 'ResNet-# for CIFAR, shortcuts of option C', optionC)),
  ...rows([8, ...all], threeStage('cifar-plain#', 'plain net of # layers for CIFAR', noShortcuts)),
  ...rows(
    [...all, 1202],
    threeStage('cifar-akamaster-resnet#', "akamaster's ResNet-# for CIFAR", optionACentred, akamaster),
  ),
  ...rows([110, 164, 1001], bottleneckRow),
  ...rows([18, 34, 50, 101, 152], kuangliu),
  'cifar-resnet9': small('ResNet-9 of cifar10-fast', { 'cifar10-fast': resnet9Keys }, (classes) =>
    resnet9({ classes }),
  ),
}
