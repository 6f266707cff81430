import type { AnyLayer } from '@resfn/layer'
import type { KeyMap } from '../key-map.ts'
import { averagedKeys, torchvisionKeys } from './keys.ts'
import { averagedShortcut, convShortcut, type ShortcutPlace } from './shortcuts.ts'
import { deepStem, type Stem, usualStem } from './stems.ts'

/** What the letter behind the depth of a ResNet stands for. */
export type Variant = {
  readonly stem: Stem<AnyLayer>
  readonly shortcut: (place: ShortcutPlace) => AnyLayer
  readonly keys: { readonly timm: KeyMap }
}

/** The letters behind the depths. */
export type VariantLetter = 'b' | 'c' | 'd' | 'e' | 's' | 't'

const usual: Variant = { stem: usualStem(), shortcut: convShortcut(), keys: { timm: torchvisionKeys } }
const averaged: Pick<Variant, 'shortcut' | 'keys'> = { shortcut: averagedShortcut(), keys: { timm: averagedKeys } }
const narrow = deepStem({ widths: [32, 32, 64] })
const wide = deepStem({ widths: [64, 64, 128] })
const tiered = deepStem({ widths: [24, 32, 64] })

/**
 * Stem and shortcut of the variants that timm and GluonCV name by a letter: `b` is the usual ResNet, C, D, S and E have
 * deep stems, T a tiered one; D, E and T average in the shortcut.
 *
 * @see He et al., "Bag of tricks for image classification with convolutional neural networks" (2018), figure 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bottlenecks, depths, fourStages, variants } from '@resfn/archs/resnet'
 * import { summary } from '@resfn/layer'
 *
 * const { stem, shortcut } = variants.d
 * const resnet50d = fourStages({ stem, kind: bottlenecks({ shortcut }), blocks: depths[50], classes: 1000 })
 * assert.equal(summary(resnet50d, [224, 224, 3]).params, 25576264)
 * ```
 */
export const variants: { readonly [letter in VariantLetter]: Variant } = {
  b: usual,
  c: { ...usual, stem: narrow },
  d: { stem: narrow, ...averaged },
  e: { stem: wide, ...averaged },
  s: { ...usual, stem: wide },
  t: { stem: tiered, ...averaged },
}
