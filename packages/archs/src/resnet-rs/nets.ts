import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { averagedKeys } from '../resnet/keys.ts'
import { squeezeKeys } from '../senet/keys.ts'
import { resnetRs, type ResnetRsDepth } from './resnet-rs.ts'

const row = (depth: ResnetRsDepth): NetEntry =>
  entry(
    {
      description: `ResNet-RS-${depth} for ImageNet`,
      input: [224, 224, 3],
      classes: 1000,
      keys: { timm: [...squeezeKeys, ...averagedKeys] },
    },
    ({ classes }) => resnetRs({ depth, classes }),
  )

/** The ResNet-RS by their names in timm. */
export const resnetRss: Nets = {
  resnetrs50: row(50),
  resnetrs101: row(101),
  resnetrs152: row(152),
  resnetrs200: row(200),
  resnetrs270: row(270),
  resnetrs350: row(350),
  resnetrs420: row(420),
}
