import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { bamResnet } from './bam-resnet.ts'
import { bamResnetKeys } from './keys.ts'

const row = (depth: 50 | 101 | 152): NetEntry =>
  entry(
    {
      description: `BAM-ResNet-${depth} for ImageNet`,
      input: [224, 224, 3],
      classes: 1000,
      keys: { pytorchcv: bamResnetKeys },
    },
    ({ classes }) => bamResnet({ depth, classes }),
  )

/** The BAM-ResNets, by their names in pytorchcv. */
export const bamResnets: Nets = { bam_resnet50: row(50), bam_resnet101: row(101), bam_resnet152: row(152) }
