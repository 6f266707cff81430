import { dropout } from '@resfn/dropout'
import { sequential } from '@resfn/layer'
import { squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import type { ResnetDepth } from '../resnet/depths.ts'
import { torchvisionKeys } from '../resnet/keys.ts'
import { caffePool } from '../resnet/stems.ts'
import { variants } from '../resnet/variants.ts'
import { cifarSeResnet } from './cifar-se-resnet.ts'
import { cifarSenetKeys, legacySenet154Keys, legacySenetKeys, squeezeKeys } from './keys.ts'
import { legacySeResnet } from './legacy.ts'
import { attentionRow } from './row.ts'
import { senet154 } from './senet154.ts'

const photographs = { input: [224, 224, 3], classes: 1000 }

const se = attentionRow('SE-', () => squeezeAndExcitation(), squeezeKeys)

const legacy = (depth: ResnetDepth, groups = 1): NetEntry =>
  entry(
    {
      ...photographs,
      description: `the first ${groups === 1 ? 'SE-ResNet' : 'SE-ResNeXt'}-${depth} for PyTorch`,
      keys: { timm: legacySenetKeys },
    },
    ({ classes }) => legacySeResnet({ depth, groups, classes }),
  )

const small = (depth: number): NetEntry =>
  entry(
    {
      description: `SE-ResNet-${depth} for CIFAR`,
      input: [32, 32, 3],
      classes: 10,
      keys: { pytorchcv: cifarSenetKeys },
    },
    ({ classes }) => cifarSeResnet({ depth, classes }),
  )

/** The nets with squeeze-and-excitation, by their names in timm; those for CIFAR have the structure of pytorchcv. */
export const senets: Nets = {
  seresnet18: se({ depth: 18 }),
  seresnet34: se({ depth: 34 }),
  seresnet50: se({ depth: 50 }),
  seresnet50t: se({ depth: 50, letter: 't' }),
  seresnet101: se({ depth: 101 }),
  seresnet152: se({ depth: 152 }),
  seresnet152d: se({ depth: 152, letter: 'd' }),
  seresnet200d: se({ depth: 200, letter: 'd' }),
  seresnet269d: se({ depth: 269, letter: 'd' }),
  seresnext26d_32x4d: se({ depth: 26, letter: 'd', groups: 32, groupWidth: 4 }),
  seresnext26t_32x4d: se({ depth: 26, letter: 't', groups: 32, groupWidth: 4 }),
  seresnext50_32x4d: se({ depth: 50, groups: 32, groupWidth: 4 }),
  seresnext101_32x4d: se({ depth: 101, groups: 32, groupWidth: 4 }),
  seresnext101_32x8d: se({ depth: 101, groups: 32, groupWidth: 8 }),
  seresnext101d_32x8d: se({ depth: 101, letter: 'd', groups: 32, groupWidth: 8 }),
  seresnext101_64x4d: se({ depth: 101, groups: 64, groupWidth: 4 }),
  senet154: entry(
    { ...photographs, description: 'SENet-154 for ImageNet', keys: { timm: [...squeezeKeys, ...torchvisionKeys] } },
    senet154,
  ),
  legacy_seresnet18: legacy(18),
  legacy_seresnet34: legacy(34),
  legacy_seresnet50: legacy(50),
  legacy_seresnet101: legacy(101),
  legacy_seresnet152: legacy(152),
  legacy_seresnext26_32x4d: legacy(26, 32),
  legacy_seresnext50_32x4d: legacy(50, 32),
  legacy_seresnext101_32x4d: legacy(101, 32),
  legacy_senet154: entry(
    { ...photographs, description: 'the first SENet-154 for PyTorch', keys: { timm: legacySenet154Keys } },
    ({ classes }) => {
      const { fc, ...body } = senet154({ stem: caffePool(variants.s.stem), classes }).layers
      return sequential({ ...body, dropout: dropout({ rate: 0.2 }), fc })
    },
  ),
  ...Object.fromEntries([20, 32, 56, 110, 164].map((depth) => [`cifar-seresnet${depth}`, small(depth)])),
}
