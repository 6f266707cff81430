import { identityAdd } from '@resfn/identity-add'
import { type AnyLayer, type Empty, type Layer, type Sequential, sequential, type Skip } from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import {
  type Branch,
  type PreActivation,
  preActivation,
  type PreActivationBottleneckBranch,
  preActivationBottleneckBranch,
  type PreActivationBranch,
  preActivationBranch,
  withoutPreActivation,
} from '@resfn/pre-activation'
import { projectedAdd } from '@resfn/projected-add'
import type { BlockKind, Place } from '../resnet/block-kind.ts'
import { averagedShortcut, type ShortcutPlace } from '../resnet/shortcuts.ts'

/** A bare 1x1 convolution: the shared activation before it is all the normalisation that it needs. */
export type BareShortcut = Sequential<{ readonly conv: Conv2d }>

/**
 * The shortcut of a pre-activation unit that changes the shape: a 1x1 convolution with the stride, without a
 * normalisation.
 *
 * @param makers others than the usual ones
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 4.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bareShortcut } from '@resfn/archs/pre-activation'
 *
 * assert.deepEqual(bareShortcut()({ out: 128, stride: 2 }).plan([56, 56, 64]).output, [28, 28, 128])
 * ```
 */
export const bareShortcut =
  (makers?: Makers<AnyLayer>): ((place: ShortcutPlace) => BareShortcut) =>
  ({ out, stride }) =>
    sequential({ conv: makersOr(makers).conv({ out, size: 1, stride }) })

/** A 2x2 average pooling, and a bare 1x1 convolution. */
export type BareAveragedShortcut = Sequential<{ readonly pool: Layer<Empty>; readonly conv: Conv2d }>

/**
 * The shortcut of the pre-activation nets D and T: the mean of each 2x2 pixels, then a 1x1 convolution without a
 * normalisation.
 *
 * @param makers others than the usual ones
 * @see timm, `timm/models/resnetv2.py`, `DownsampleAvg`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bareAveragedShortcut } from '@resfn/archs/pre-activation'
 *
 * assert.deepEqual(bareAveragedShortcut()({ out: 128, stride: 2 }).plan([57, 56, 64]).output, [29, 28, 128])
 * ```
 */
export const bareAveragedShortcut =
  (makers?: Makers<AnyLayer>): ((place: ShortcutPlace) => BareAveragedShortcut) =>
  (place) => {
    const { pool, conv } = averagedShortcut(makers)(place).layers
    return sequential({ pool, conv })
  }

/** How the units of a pre-activation net are made. */
export type PreActivationKindOptions<B extends Branch, S extends AnyLayer> = {
  /** output channels of a unit over the width of its stage */
  readonly expansion: number
  readonly branch: (place: Place) => B
  readonly shortcut: (place: Place) => S
  /** what the stem ends with: a convolution (the default), or an activation, after which the first unit needs none */
  readonly after?: 'convolution' | 'activation'
}

/** The units of a pre-activation net. */
export type PreActivationKind<B extends Branch, S extends AnyLayer> = BlockKind<
  AnyLayer,
  PreActivation<B['layers'], S>,
  Skip<B>
>

/**
 * A kind of pre-activation unit from its two paths: `y = x + branch(x)`, and where the shape changes both paths from
 * the first activation of the branch.
 *
 * @param options the expansion, branch and shortcut as functions of the place, and what the stem ends with
 * @see He et al., "Identity mappings in deep residual networks" (2016), figure 1 (b)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bareShortcut, preActivationKind } from '@resfn/archs/pre-activation'
 * import { preActivationBranch } from '@resfn/pre-activation'
 *
 * const { down } = preActivationKind({ expansion: 1, branch: ({ out, stride }) => preActivationBranch({ out, stride }), shortcut: bareShortcut() })
 * assert.deepEqual(down({ out: 128, stride: 2, index: 2, blocks: 8 }).plan([56, 56, 64]).output, [28, 28, 128])
 * ```
 */
export const preActivationKind = <B extends Branch, S extends AnyLayer>({
  expansion,
  branch,
  shortcut,
  after = 'convolution',
}: PreActivationKindOptions<B, S>): PreActivationKind<B, S> => {
  const keep = (place: Place): Skip<B> => identityAdd(branch(place))
  const down = (place: Place): PreActivation<B['layers'], S> => preActivation(branch(place), shortcut(place))
  const activated = (place: Place): AnyLayer => {
    const rest = withoutPreActivation(branch(place))
    return expansion === 1 ? identityAdd(rest) : projectedAdd(rest, shortcut(place))
  }
  return { expansion, begin: after === 'activation' ? activated : expansion === 1 ? keep : down, down, keep }
}

/** Which shortcut, and what the stem ends with. */
export type PreActivationOptions<S extends AnyLayer> = {
  /** the shortcut where the shape changes; `bareShortcut()` by default */
  readonly shortcut?: (place: Place) => S
} & Pick<PreActivationKindOptions<Branch, S>, 'after'>

// The type S is that of the bare shortcut exactly where no shortcut is given.
const shortcutOr = <S extends AnyLayer>(
  shortcut: ((place: Place) => S) | undefined,
  makers: Makers<AnyLayer> | undefined,
): ((place: Place) => S) => shortcut ?? (bareShortcut(makers) as unknown as (place: Place) => S)

/**
 * The kind of the nets of 18 and 34 layers: basic pre-activation units.
 *
 * @param options the shortcut where the shape changes, and what the stem ends with
 * @param makers others than the usual ones
 * @see He et al., "Identity mappings in deep residual networks" (2016), figure 1 (b)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { preActivationBlocks } from '@resfn/archs/pre-activation'
 *
 * const unit = preActivationBlocks().keep({ out: 64, stride: 1, index: 1, blocks: 8 })
 * assert.deepEqual(unit.plan([56, 56, 64]).output, [56, 56, 64])
 * ```
 */
export const preActivationBlocks = <N extends AnyLayer = BatchNorm, S extends AnyLayer = BareShortcut>(
  { shortcut, ...rest }: PreActivationOptions<S> = {},
  makers?: Makers<N>,
): PreActivationKind<PreActivationBranch<N>, S> =>
  preActivationKind({
    expansion: 1,
    branch: ({ out, stride }) => preActivationBranch({ out, stride }, makers),
    shortcut: shortcutOr(shortcut, makers),
    ...rest,
  })

/**
 * The kind of the nets of 50 layers and more: pre-activation bottlenecks.
 *
 * @param options which convolution strides (the 3x3 by default), the shortcut where the shape changes, and what the
 * stem ends with
 * @param makers others than the usual ones
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 4 and appendix
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { preActivationBottlenecks } from '@resfn/archs/pre-activation'
 *
 * const unit = preActivationBottlenecks({ strideOn: '1x1' }).down({ out: 512, stride: 2, index: 3, blocks: 16 })
 * assert.deepEqual(unit.plan([56, 56, 256]).output, [28, 28, 512])
 * ```
 */
export const preActivationBottlenecks = <N extends AnyLayer = BatchNorm, S extends AnyLayer = BareShortcut>(
  { shortcut, strideOn = '3x3', ...rest }: PreActivationOptions<S> & { readonly strideOn?: '3x3' | '1x1' } = {},
  makers?: Makers<N>,
): PreActivationKind<PreActivationBottleneckBranch<N>, S> =>
  preActivationKind({
    expansion: 4,
    branch: ({ out, stride }) => preActivationBottleneckBranch({ out, stride, strideOn }, makers),
    shortcut: shortcutOr(shortcut, makers),
    ...rest,
  })
