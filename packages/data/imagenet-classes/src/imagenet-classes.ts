import { synsets, words } from './names.generated.ts'

/** A line ends where the text of the source would be too wide. */
const oneLine = (text: string): string => text.replaceAll('\n', ' ')

/**
 * The WordNet ids of ImageNet's 1000 classes (ILSVRC 2012), in the order of the outputs of a net: `n01440764` is the
 * first.
 *
 * @see O. Russakovsky et al., "ImageNet large scale visual recognition challenge" (2015); timm, `imagenet_synsets.txt`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { imagenetSynsets } from '@resfn/imagenet-classes'
 *
 * assert.equal(imagenetSynsets[281], 'n02123045')
 * ```
 */
export const imagenetSynsets: readonly string[] = oneLine(synsets).split(' ')

/**
 * The names of ImageNet's 1000 classes in WordNet's words, in the order of the outputs of a net. A few are the same:
 * there are two kinds of `crane`.
 *
 * @see WordNet 3.0, Princeton University (2006); timm, `imagenet_synset_to_lemma.txt`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { imagenetClasses } from '@resfn/imagenet-classes'
 *
 * assert.equal(imagenetClasses[281], 'tabby, tabby cat')
 * ```
 */
export const imagenetClasses: readonly string[] = oneLine(words).split('; ')
