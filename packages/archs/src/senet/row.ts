import type { KeyMap } from '../key-map.ts'
import { entry, type NetEntry } from '../net-entry.ts'
import { depths, isBasic, type ResnetDepth } from '../resnet/depths.ts'
import { type VariantLetter, variants } from '../resnet/variants.ts'
import { attentionResnet, type AttentionResnetOptions } from './attention-resnet.ts'

/** What a row of attention nets says besides its name. */
export type AttentionRow = Pick<AttentionResnetOptions, 'groups' | 'groupWidth'> & {
  readonly depth: ResnetDepth
  /** the letter behind the depth; none by default */
  readonly letter?: VariantLetter
}

/** How timm writes the letter and the cardinality: `-D 32x4d`. */
const suffix = ({ letter, groups, groupWidth }: AttentionRow): string =>
  `${letter === undefined ? '' : `-${letter.toUpperCase()}`}${groups === undefined ? '' : ` ${groups}x${groupWidth}d`}`

/**
 * Makes the rows of a family of nets whose branches end with an attention.
 *
 * @param prefix what stands before ResNet or ResNeXt: `SE-`
 * @param attention makes the attention
 * @param keys what the attention adds to the keys of timm
 */
export const attentionRow =
  (prefix: string, attention: AttentionResnetOptions['attention'], keys: KeyMap = []) =>
  (row: AttentionRow): NetEntry => {
    const { depth, letter = 'b', ...branches } = row
    const variant = variants[letter]
    const body = row.groups === undefined ? 'ResNet' : 'ResNeXt'
    return entry(
      {
        description: `${prefix}${body}-${depth}${suffix(row)} for ImageNet`,
        input: [224, 224, 3],
        classes: 1000,
        keys: { timm: [...keys, ...variant.keys.timm] },
      },
      ({ classes }) =>
        attentionResnet({ attention, blocks: depths[depth], basic: isBasic(depth), variant, ...branches, classes }),
    )
  }
