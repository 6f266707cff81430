import { efficientChannelAttention } from '@resfn/efficient-channel-attention'
import { entry, type Nets } from '../net-entry.ts'
import { variants } from '../resnet/variants.ts'
import { attentionResnet } from '../senet/attention-resnet.ts'
import { attentionRow } from '../senet/row.ts'

const attention = () => efficientChannelAttention()
const eca = attentionRow('ECA-', attention)

/** The nets with efficient channel attention, by their names in timm. */
export const ecanets: Nets = {
  ecaresnet26t: eca({ depth: 26, letter: 't' }),
  ecaresnet50d: eca({ depth: 50, letter: 'd' }),
  ecaresnet50t: eca({ depth: 50, letter: 't' }),
  ecaresnet101d: eca({ depth: 101, letter: 'd' }),
  ecaresnet200d: eca({ depth: 200, letter: 'd' }),
  ecaresnet269d: eca({ depth: 269, letter: 'd' }),
  ecaresnetlight: entry(
    { description: 'light ECA-ResNet for ImageNet', input: [224, 224, 3], classes: 1000, keys: variants.d.keys },
    ({ classes }) =>
      attentionResnet({
        attention,
        blocks: [1, 1, 11, 3],
        variant: { ...variants.b, shortcut: variants.d.shortcut },
        classes,
      }),
  ),
  ecaresnext26t_32x4d: eca({ depth: 26, letter: 't', groups: 32, groupWidth: 4 }),
  // timm gives this net the blocks of depth 26 as well.
  ecaresnext50t_32x4d: eca({ depth: 26, letter: 't', groups: 32, groupWidth: 4 }),
}
