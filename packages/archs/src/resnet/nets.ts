import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import type { AnyBlockKind } from './block-kind.ts'
import { d2lResnet18 } from './d2l-resnet18.ts'
import { kerasResnet } from './keras-resnet.ts'
import { kerasKeys, torchvisionKeys, transformersKeys } from './keys.ts'
import { depths, isBasic, type ResnetDepth } from './depths.ts'
import { basicBlocks, bottlenecks } from './kinds.ts'
import { fourStages } from './stages.ts'
import { type Variant, type VariantLetter, variants } from './variants.ts'

const photographs = { input: [224, 224, 3], classes: 1000 }

const row = (depth: ResnetDepth, letter: VariantLetter): NetEntry => {
  const { stem, shortcut, keys }: Variant = variants[letter]
  const kind: AnyBlockKind = isBasic(depth) ? basicBlocks({ shortcut }) : bottlenecks({ shortcut })
  const description = `ResNet-${depth}${letter === 'b' ? '' : `-${letter.toUpperCase()}`} for ImageNet`
  const published = letter === 'b' ? { ...keys, torchvision: torchvisionKeys, transformers: transformersKeys } : keys
  return entry({ ...photographs, description, keys: published }, ({ classes }) =>
    fourStages({ stem, kind, blocks: depths[depth], classes }),
  )
}

const wide = (depth: 50 | 101): NetEntry =>
  entry({ ...photographs, description: `wide ResNet-${depth}-2 for ImageNet`, keys: variants.b.keys }, ({ classes }) =>
    fourStages({ kind: bottlenecks({ groupWidth: 128 }), blocks: depths[depth], classes }),
  )

const keras = (depth: 50 | 101 | 152): NetEntry =>
  entry(
    {
      ...photographs,
      description: `ResNet-${depth} of Keras applications`,
      keys: { torchvision: torchvisionKeys, keras: kerasKeys },
    },
    ({ classes }) => kerasResnet({ depth, classes }),
  )

const rows = (letter: VariantLetter, which: readonly ResnetDepth[]): Nets =>
  Object.fromEntries(which.map((depth) => [`resnet${depth}${letter === 'b' ? '' : letter}`, row(depth, letter)]))

/** The ResNets for ImageNet by their names in torchvision and timm, and that of "Dive into deep learning". */
export const resnets: Nets = {
  ...rows('b', [18, 26, 34, 50, 101, 152, 200]),
  ...rows('c', [50, 101, 152]),
  ...rows('d', [18, 26, 34, 50, 101, 152, 200]),
  ...rows('s', [50, 101, 152]),
  ...rows('t', [10, 14, 26, 50]),
  wide_resnet50_2: wide(50),
  wide_resnet101_2: wide(101),
  'keras-resnet50': keras(50),
  'keras-resnet101': keras(101),
  'keras-resnet152': keras(152),
  'd2l-resnet18': entry(
    { description: 'ResNet-18 of "Dive into deep learning"', input: [96, 96, 1], classes: 10 },
    d2lResnet18,
  ),
}
