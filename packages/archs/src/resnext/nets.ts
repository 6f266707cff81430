import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { depths } from '../resnet/depths.ts'
import { bottlenecks } from '../resnet/kinds.ts'
import { fourStages } from '../resnet/stages.ts'
import { variants } from '../resnet/variants.ts'
import { cifarResnext } from './cifar-resnext.ts'
import { prlz77Keys } from './keys.ts'

const row = (depth: 50 | 101, groups: number, groupWidth: number, letter: 'b' | 'd' = 'b'): NetEntry => {
  const { stem, shortcut, keys } = variants[letter]
  const kind = bottlenecks({ groups, groupWidth, shortcut })
  const description = `ResNeXt-${depth}${letter === 'd' ? '-D' : ''} ${groups}x${groupWidth}d for ImageNet`
  return entry({ description, input: [224, 224, 3], classes: 1000, keys }, ({ classes }) =>
    fourStages({ stem, kind, blocks: depths[depth], classes }),
  )
}

const small = (cardinality: number, groupWidth: number): NetEntry =>
  entry(
    {
      description: `ResNeXt-29 ${cardinality}x${groupWidth}d for CIFAR`,
      input: [32, 32, 3],
      classes: 10,
      keys: { prlz77: prlz77Keys },
    },
    ({ classes }) => cifarResnext({ depth: 29, cardinality, groupWidth, classes }),
  )

/** The ResNeXts by their names in torchvision and timm. */
export const resnexts: Nets = {
  resnext50_32x4d: row(50, 32, 4),
  resnext50d_32x4d: row(50, 32, 4, 'd'),
  resnext101_32x4d: row(101, 32, 4),
  resnext101_32x8d: row(101, 32, 8),
  resnext101_32x16d: row(101, 32, 16),
  resnext101_64x4d: row(101, 64, 4),
  'cifar-resnext29_8x64d': small(8, 64),
  'cifar-resnext29_16x64d': small(16, 64),
  'cifar-resnext29_32x4d': small(32, 4),
}
