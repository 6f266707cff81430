import { type AnyLayer, type Layers, type Sequential, sequential } from '@resfn/layer'
import type { ShortcutPlace } from './shortcuts.ts'

/** A branch with an attention at its end. */
export type Attended<R extends Layers, A extends AnyLayer> = Sequential<R & { readonly se: A }>

/**
 * Branches with an attention at their end, as a function of the place: one more part, called `se` as in timm whatever
 * the attention is.
 *
 * @param branch the branches without it
 * @param attention makes the attention, such as `squeezeAndExcitation`
 * @see Hu et al., "Squeeze-and-excitation networks" (2018), figure 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { attended, blockKind, bottleneckBranches, convShortcut, depths, fourStages } from '@resfn/archs/resnet'
 * import { summary } from '@resfn/layer'
 * import { squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
 *
 * const branch = attended(bottleneckBranches(), () => squeezeAndExcitation())
 * const kind = blockKind({ expansion: 4, branch, shortcut: convShortcut() })
 * const seresnet50 = fourStages({ kind, blocks: depths[50], classes: 1000 })
 * assert.equal(summary(seresnet50, [224, 224, 3]).params, 28088024)
 * ```
 */
export const attended =
  <R extends Layers, A extends AnyLayer>(
    branch: (place: ShortcutPlace) => Sequential<R>,
    attention: () => A,
  ): ((place: ShortcutPlace) => Attended<R, A>) =>
  (place) =>
    sequential({ ...branch(place).layers, se: attention() })
