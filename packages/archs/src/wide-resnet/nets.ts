import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { wideResnetKeys } from './keys.ts'
import { wideResnet } from './wide-resnet.ts'

const row = (depth: number, widening: number): NetEntry =>
  entry(
    {
      description: `wide ResNet-${depth}-${widening} for CIFAR`,
      input: [32, 32, 3],
      classes: 10,
      keys: { szagoruyko: wideResnetKeys },
    },
    ({ classes }) => wideResnet({ depth, widening, classes }),
  )

/** The wide ResNets for CIFAR. */
export const wideResnets: Nets = {
  'cifar-wrn16_4': row(16, 4),
  'cifar-wrn16_8': row(16, 8),
  'cifar-wrn28_10': row(28, 10),
  'cifar-wrn40_4': row(40, 4),
}
