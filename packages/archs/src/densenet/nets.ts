import { blurPool } from '@resfn/blur-pool'
import { type AnyLayer, followedBy } from '@resfn/layer'
import { maxPool } from '@resfn/pool'
import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { cifarDensenet, cifarDensenetBc, type CifarDensenetOptions } from './cifar-densenet.ts'
import { d2lDensenet } from './d2l-densenet.ts'
import { deepDensenet, densenet, type DensenetDepth } from './densenet.ts'
import { kerasKeys, pthKeys, torchvisionKeys } from './keys.ts'

type Make = (options: { readonly classes: number }) => AnyLayer

const imagenetKeys = { torchvision: torchvisionKeys, timm: torchvisionKeys, pth: pthKeys, keras: kerasKeys }

const keys = { torchvision: torchvisionKeys }

const imagenet = (description: string, make: Make): NetEntry =>
  entry({ description: `${description} for ImageNet`, input: [224, 224, 3], classes: 1000, keys: imagenetKeys }, make)

const ofDepth = (depth: DensenetDepth): NetEntry =>
  imagenet(`DenseNet-${depth}`, ({ classes }) => densenet({ depth, classes }))

const small =
  (kind: string, make: (options: CifarDensenetOptions) => AnyLayer) =>
  (depth: number, growth: number): NetEntry =>
    entry(
      {
        description: `${kind} of ${depth} layers and growth rate ${growth} for CIFAR`,
        input: [32, 32, 3],
        classes: 10,
        keys,
      },
      ({ classes }) => make({ depth, growth, classes }),
    )
const plain = small('DenseNet', cifarDensenet)
const bc = small('DenseNet-BC', cifarDensenetBc)

const blurred = followedBy(maxPool({ size: 3, stride: 1, padding: 1 }), blurPool())

/**
 * The DenseNets by their names in torchvision and timm, those for small images, and that of "Dive into deep learning".
 */
export const densenets: Nets = {
  densenet121: ofDepth(121),
  densenet161: ofDepth(161),
  densenet169: ofDepth(169),
  densenet201: ofDepth(201),
  densenet264: ofDepth(264),
  densenet264d: imagenet('DenseNet-264-D of growth rate 48', ({ classes }) =>
    deepDensenet({ depth: 264, growth: 48, classes }),
  ),
  densenetblur121d: imagenet('anti-aliased DenseNet-121-D', ({ classes }) =>
    deepDensenet({ depth: 121, pool: blurred, classes }),
  ),
  'cifar-densenet40-12': plain(40, 12),
  'cifar-densenet100-12': plain(100, 12),
  'cifar-densenet100-24': plain(100, 24),
  'cifar-densenet-bc100-12': bc(100, 12),
  'cifar-densenet-bc190-40': bc(190, 40),
  'cifar-densenet-bc250-24': bc(250, 24),
  'd2l-densenet': entry(
    { description: 'DenseNet of "Dive into deep learning"', input: [96, 96, 1], classes: 10, keys },
    d2lDensenet,
  ),
}
