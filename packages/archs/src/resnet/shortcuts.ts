import { convBn, type ConvBn } from '@resfn/conv-bn'
import { type AnyLayer, type Empty, type Layer, lift, type Sequential, sequential } from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { avgPool } from '@resfn/pool'

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

/** An average pooling, a 1x1 convolution and a normalisation. */
export type AveragedShortcut<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly pool: Layer<Empty>
  readonly conv: Conv2d
  readonly bn: N
}>

const identity = lift((x) => x, { kind: 'identity' })

/**
 * Option D: the mean of each 2x2 pixels, so that none is lost, then a 1x1 convolution and a normalisation. Windows over
 * the edge of an odd image are means of the pixels that there are.
 *
 * @param makers others than the usual ones
 * @see He et al., "Bag of tricks for image classification with convolutional neural networks" (2018), figure 2 c
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { averagedShortcut } from '@resfn/archs/resnet'
 *
 * assert.deepEqual(averagedShortcut()({ out: 128, stride: 2 }).plan([57, 56, 64]).output, [29, 28, 128])
 * ```
 */
export const averagedShortcut =
  <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): ((place: ShortcutPlace) => AveragedShortcut<N>) =>
  ({ out, stride }) => {
    const { conv, norm } = makersOr(makers)
    const pool = stride === 1 ? identity : avgPool({ size: stride, ceilMode: true, countIncludePad: false })
    return sequential({ pool, conv: conv({ out, size: 1 }), bn: norm() })
  }
