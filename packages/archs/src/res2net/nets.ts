import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { depths, fourStages, type VariantLetter, variants } from '../resnet/index.ts'
import { timmAveragedKeys, timmKeys } from './keys.ts'
import { type Res2netBlockOptions, res2netBlocks } from './res2net.ts'
import type { AnyLayer } from '@resfn/layer'

type BlockOptions = Omit<Res2netBlockOptions<AnyLayer>, 'shortcut'>

const row = (depth: 50 | 101, description: string, block: BlockOptions, letter: VariantLetter = 'b'): NetEntry => {
  const { stem, shortcut } = variants[letter]
  const keys = { timm: letter === 'd' ? timmAveragedKeys : timmKeys }
  return entry(
    { description: `${description} for ImageNet`, input: [224, 224, 3], classes: 1000, keys },
    ({ classes }) => fourStages({ stem, kind: res2netBlocks({ ...block, shortcut }), blocks: depths[depth], classes }),
  )
}

const wide = (baseWidth: number, scales: number, depth: 50 | 101 = 50): NetEntry =>
  row(depth, `Res2Net-${depth} of ${scales} scales of width ${baseWidth}`, { baseWidth, scales })

/** The Res2Nets by their names in timm: `26w_4s` has 4 scales of width 26. */
export const res2nets: Nets = {
  res2net50_26w_4s: wide(26, 4),
  res2net50_48w_2s: wide(48, 2),
  res2net50_14w_8s: wide(14, 8),
  res2net50_26w_6s: wide(26, 6),
  res2net50_26w_8s: wide(26, 8),
  res2net101_26w_4s: wide(26, 4, 101),
  res2next50: row(50, 'Res2NeXt-50', { baseWidth: 4, scales: 4, cardinality: 8 }),
  res2net50d: row(50, 'Res2Net-50-D', {}, 'd'),
  res2net101d: row(101, 'Res2Net-101-D', {}, 'd'),
}
