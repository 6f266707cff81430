import { cbam, channelMax, channelMean } from '@resfn/cbam'
import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { depths } from '../resnet/depths.ts'
import { attentionResnet } from '../senet/attention-resnet.ts'
import { cbamResnetKeys } from './keys.ts'

/** The module as pytorchcv has it: biases in the perceptron, and the maximum before the mean. */
const attention = () => cbam({ bias: true, maps: { max: channelMax, mean: channelMean } })

const row = (depth: 50 | 101 | 152): NetEntry =>
  entry(
    {
      description: `CBAM-ResNet-${depth} for ImageNet`,
      input: [224, 224, 3],
      classes: 1000,
      keys: { pytorchcv: cbamResnetKeys },
    },
    ({ classes }) => attentionResnet({ attention, blocks: depths[depth], classes }),
  )

/** The CBAM-ResNets, by their names in pytorchcv. */
export const cbamResnets: Nets = {
  cbam_resnet50: row(50),
  cbam_resnet101: row(101),
  cbam_resnet152: row(152),
}
