import { convBn, type ConvBn } from '@resfn/conv-bn'
import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'

/** What a shortcut needs to know of its place. */
export type ShortcutPlace = { readonly out: number; readonly stride: number }

/**
 * Option B: a 1x1 convolution with the stride, and a normalisation.
 *
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.3, option B
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { convShortcut } from '@resfn/archs/resnet'
 *
 * assert.deepEqual(convShortcut()({ out: 128, stride: 2 }).plan([56, 56, 64]).output, [28, 28, 128])
 * ```
 */
export const convShortcut =
  <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): ((place: ShortcutPlace) => ConvBn<N>) =>
  ({ out, stride }) =>
    convBn({ out, size: 1, stride }, makers)
