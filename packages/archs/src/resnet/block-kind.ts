import { type AnyLayer, type FollowedBy, followedBy, type Projected, type Skip } from '@resfn/layer'
import { type Makers, makersOr } from '@resfn/makers'
import { identityAdd } from '@resfn/identity-add'
import { projectedAdd } from '@resfn/projected-add'

/** Where a block stands in its net. */
export type Place = {
  /** output channels of the block */
  readonly out: number
  /** stride of the block: 2 where a stage halves the image, 1 elsewhere */
  readonly stride: number
  /** blocks of the net before this one; with `blocks`, what a drop-path rate grows by */
  readonly index: number
  /** blocks of the net in all */
  readonly blocks: number
}

/** A kind of block: how one begins the first stage, begins a later stage, and keeps the shape. */
export type BlockKind<B extends AnyLayer, D extends AnyLayer, K extends AnyLayer> = {
  /** output channels of a block over the width of its stage */
  readonly expansion: number
  readonly begin: (place: Place) => B
  readonly down: (place: Place) => D
  readonly keep: (place: Place) => K
}

/** Any kind of block, such as one chosen at run time. */
export type AnyBlockKind = BlockKind<AnyLayer, AnyLayer, AnyLayer>

/** A block with an identity shortcut. */
export type Kept<B extends AnyLayer> = FollowedBy<Skip<B>>

/** A block with a shortcut of its own. */
export type Changed<B extends AnyLayer, S extends AnyLayer> = FollowedBy<Projected<B, S>>

/** The first block of the first stage, which keeps the shape where the expansion is 1. */
export type Begun<E extends number, B extends AnyLayer, S extends AnyLayer> = number extends E
  ? AnyLayer
  : E extends 1
    ? Kept<B>
    : Changed<B, S>

/**
 * A kind of block from its two paths: `y = act(x + branch(x))`, and `y = act(shortcut(x) + branch(x))` where the shape
 * changes. With expansion 1 the first stage keeps the shape from its first block on.
 *
 * @param options the expansion, and branch and shortcut as functions of the place
 * @param makers whose activation follows the sum
 * @see He et al., "Deep residual learning for image recognition" (2015), equations 1 and 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { blockKind, fourStages } from '@resfn/archs/resnet'
 * import { convBn } from '@resfn/conv-bn'
 *
 * const kind = blockKind({
 *   expansion: 1,
 *   branch: ({ out, stride }) => convBn({ out, size: 3, stride }),
 *   shortcut: ({ out, stride }) => convBn({ out, size: 1, stride }),
 * })
 * assert.deepEqual(fourStages({ kind, blocks: [1, 1, 1, 1], classes: 10 }).plan([64, 64, 3]).output, [10])
 * ```
 */
export const blockKind = <const E extends number, B extends AnyLayer, S extends AnyLayer>(
  options: {
    readonly expansion: E
    readonly branch: (place: Place) => B
    readonly shortcut: (place: Place) => S
  },
  makers?: Makers<AnyLayer>,
): BlockKind<Begun<E, B, S>, Changed<B, S>, Kept<B>> => {
  const { expansion, branch, shortcut } = options
  const { act } = makersOr(makers)
  const keep = (place: Place): Kept<B> => followedBy(identityAdd(branch(place)), act)
  const down = (place: Place): Changed<B, S> => followedBy(projectedAdd(branch(place), shortcut(place)), act)
  // TypeScript does not narrow a conditional type by a comparison of numbers.
  const begin = (expansion === 1 ? keep : down) as (place: Place) => Begun<E, B, S>
  return { expansion, begin, down, keep }
}

/**
 * The kind with its shortcut in every block, option C.
 *
 * @param kind any kind of block
 * @see He et al., "Deep residual learning for image recognition" (2015), section 3.3, option C
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { basicBlocks, everywhere, fourStages } from '@resfn/archs/resnet'
 *
 * const net = fourStages({ kind: everywhere(basicBlocks()), blocks: [1, 1, 1, 2], classes: 10 })
 * assert.deepEqual(net.plan([64, 64, 3]).params.layer4[1]?.shortcut.conv.weight.shape, [1, 1, 512, 512])
 * ```
 */
export const everywhere = <D extends AnyLayer>(kind: BlockKind<AnyLayer, D, AnyLayer>): BlockKind<D, D, D> => ({
  expansion: kind.expansion,
  begin: kind.down,
  down: kind.down,
  keep: kind.down,
})
