import type { AnyLayer } from '@resfn/layer'
import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { torchvisionKeys } from '../resnet/keys.ts'
import { bit } from './bit.ts'
import { bitKeys, kuangliuPreActivationKeys, resnetv2Keys } from './keys.ts'
import {
  type CifarPreActivationOptions,
  cifarPreActivationResnet,
  kuangliuPreActivationResnet,
  preActivationResnet,
} from './pre-activation-resnet.ts'
import { resnetv2, type Resnetv2Options } from './resnetv2.ts'

type Make = (options: { readonly classes: number }) => AnyLayer

const imagenet = (description: string, keys: NetEntry['keys'], make: Make): NetEntry =>
  entry({ description: `${description} for ImageNet`, input: [224, 224, 3], classes: 1000, keys: keys! }, make)

const v2 = (depth: Resnetv2Options['depth'], variant?: 'd' | 't'): NetEntry =>
  imagenet(`pre-activation ResNet-${depth}${variant ?? ''}`, { timm: resnetv2Keys }, ({ classes }) =>
    resnetv2({ depth, classes, ...(variant === undefined ? {} : { variant }) }),
  )

const ofBit = (depth: Resnetv2Options['depth'], width: number): NetEntry =>
  imagenet(`BiT ResNet-${depth}x${width}`, { timm: resnetv2Keys, bit: bitKeys }, ({ classes }) =>
    bit({ depth, width, classes }),
  )

const released = (depth: Resnetv2Options['depth']): NetEntry =>
  imagenet(`pre-activation ResNet-${depth} as released`, { torchvision: torchvisionKeys }, ({ classes }) =>
    preActivationResnet({ depth, classes }),
  )

const small = (description: string, keys: NetEntry['keys'], make: Make): NetEntry =>
  entry({ description: `${description} for CIFAR`, input: [32, 32, 3], classes: 10, keys: keys! }, make)

const cifar = (depth: number, units: CifarPreActivationOptions['units']): NetEntry =>
  small(`pre-activation ResNet-${depth}`, { torchvision: torchvisionKeys }, ({ classes }) =>
    cifarPreActivationResnet({ depth, units, classes }),
  )

const kuangliu = (depth: Resnetv2Options['depth']): NetEntry =>
  small(`kuangliu's pre-activation ResNet-${depth}`, { kuangliu: kuangliuPreActivationKeys }, ({ classes }) =>
    kuangliuPreActivationResnet({ depth, classes }),
  )

/** The pre-activation nets: timm's, those that the authors released, and those for small images. */
export const preActivationNets: Nets = {
  resnetv2_18: v2(18),
  resnetv2_18d: v2(18, 'd'),
  resnetv2_34: v2(34),
  resnetv2_34d: v2(34, 'd'),
  resnetv2_50: v2(50),
  resnetv2_50d: v2(50, 'd'),
  resnetv2_50t: v2(50, 't'),
  resnetv2_101: v2(101),
  resnetv2_101d: v2(101, 'd'),
  resnetv2_152: v2(152),
  resnetv2_152d: v2(152, 'd'),
  resnetv2_50x1_bit: ofBit(50, 1),
  resnetv2_50x3_bit: ofBit(50, 3),
  resnetv2_101x1_bit: ofBit(101, 1),
  resnetv2_101x3_bit: ofBit(101, 3),
  resnetv2_152x2_bit: ofBit(152, 2),
  resnetv2_152x4_bit: ofBit(152, 4),
  preactresnet18: released(18),
  preactresnet34: released(34),
  preactresnet50: released(50),
  preactresnet101: released(101),
  preactresnet152: released(152),
  preactresnet200: released(200),
  'cifar-preactresnet20': cifar(20, 'basic'),
  'cifar-preactresnet56': cifar(56, 'basic'),
  'cifar-preactresnet110': cifar(110, 'basic'),
  'cifar-preactresnet164': cifar(164, 'bottleneck'),
  'cifar-preactresnet1001': cifar(1001, 'bottleneck'),
  'cifar-kuangliu-preactresnet18': kuangliu(18),
  'cifar-kuangliu-preactresnet34': kuangliu(34),
  'cifar-kuangliu-preactresnet50': kuangliu(50),
  'cifar-kuangliu-preactresnet101': kuangliu(101),
  'cifar-kuangliu-preactresnet152': kuangliu(152),
}
