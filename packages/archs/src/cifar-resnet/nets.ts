import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'
import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import type { AnyBlockKind } from '../resnet/block-kind.ts'
import { torchvisionKeys } from '../resnet/keys.ts'
import { akamasterKeys } from './keys.ts'
import { cifarResnet, noShortcuts, optionA, optionB, optionC } from './cifar-resnet.ts'

const keys = { torchvision: torchvisionKeys, akamaster: akamasterKeys }

type Option = (makers: Makers<BatchNorm>) => AnyBlockKind

const small = (description: string, depth: number, shortcuts: Option): NetEntry =>
  entry({ description, input: [32, 32, 3], classes: 10, keys }, ({ classes }) =>
    cifarResnet<BatchNorm, AnyLayer, AnyLayer, AnyLayer>({ depth, classes, shortcuts }),
  )

const rows = (depths: readonly number[], row: (depth: number) => readonly [name: string, entry: NetEntry]): Nets =>
  Object.fromEntries(depths.map(row))

const option = (letter: 'A' | 'B' | 'C', shortcuts: Option) => (depth: number) =>
  [
    `cifar-resnet${depth}${letter === 'A' ? '' : `-${letter.toLowerCase()}`}`,
    small(`ResNet-${depth} for CIFAR, shortcuts of option ${letter}`, depth, shortcuts),
  ] as const

/** The nets for small images. Their names begin with `cifar-`, because ResNet-18 and ResNet-20 are two families. */
export const cifarResnets: Nets = {
  ...rows([8, 14, 20, 32, 44, 56, 110, 1202], option('A', optionA)),
  ...rows([8, 20, 32, 44, 56, 110], option('B', optionB)),
  ...rows([8, 20, 32, 44, 56, 110], option('C', optionC)),
  ...rows([8, 20, 32, 44, 56, 110], (depth) => [
    `cifar-plain${depth}`,
    small(`plain net of ${depth} layers for CIFAR`, depth, noShortcuts),
  ]),
}
