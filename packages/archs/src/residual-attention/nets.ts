import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { attentionNextKeys, tengshaofengCifarKeys, tengshaofengKeys } from './keys.ts'
import {
  type AttentionDepth,
  attentionNet,
  attentionNext,
  cifarAttention,
  cifarResattnet,
} from './residual-attention.ts'

const rows = <D extends number>(prefix: string, depths: readonly D[], row: (depth: D) => NetEntry): Nets =>
  Object.fromEntries(depths.map((depth) => [`${prefix}${depth}`, row(depth)]))

const imagenet = { input: [224, 224, 3], classes: 1000 } as const
const cifar = { input: [32, 32, 3], classes: 10 } as const
const depths: readonly AttentionDepth[] = [56, 92, 128, 164, 200, 236, 452]

/**
 * The residual attention nets: as released under the names of the paper (`attention56`), as ported under that of
 * pytorchcv (`resattnet56`).
 */
export const attentionNets: Nets = {
  ...rows('attention', depths, (depth) =>
    entry(
      { description: `Attention-${depth} for ImageNet`, ...imagenet, keys: { tengshaofeng: tengshaofengKeys } },
      ({ classes }) => attentionNet({ depth, classes }),
    ),
  ),
  ...rows('attentionnext', [56, 92] as const, (depth) =>
    entry(
      { description: `AttentionNeXt-${depth} for ImageNet`, ...imagenet, keys: { tengshaofeng: attentionNextKeys } },
      ({ classes }) => attentionNext({ depth, classes }),
    ),
  ),
  ...rows('resattnet', [56, 92] as const, (depth) =>
    entry(
      {
        description: `Attention-${depth} for ImageNet as in the ports`,
        ...imagenet,
        keys: { tengshaofeng: tengshaofengKeys },
      },
      ({ classes }) => attentionNet({ depth, classes, fuse: 'tsf' }),
    ),
  ),
  ...rows('cifar-resattnet', [56, 92, 452] as const, (depth) =>
    entry(
      {
        description: `Attention-${depth} for CIFAR as in the ports`,
        ...cifar,
        keys: { tengshaofeng: tengshaofengCifarKeys },
      },
      ({ classes }) => cifarResattnet({ depth, classes }),
    ),
  ),
  ...rows('cifar-attention', [56, 92, 128, 164, 236], (depth) =>
    entry(
      { description: `Attention-${depth} for CIFAR`, ...cifar, keys: { tengshaofeng: tengshaofengKeys } },
      ({ classes }) => cifarAttention({ depth, classes }),
    ),
  ),
}
