import { type AnyLayer, formatShape, init, sameShape, type Shape, type Subtrees, untyped, within } from '@resfn/layer'
import { checkOptions, wholeNumberFrom } from '@resfn/options'
import { type Key, key as keyOf, normal } from '@resfn/random'
import { map } from '@resfn/tree'
import { type Tensor, tensor, tidy, zerosLike } from '@tensorflow/tfjs-core'
import { type Blocks, editStage, type EditedNet, type NetWithVariables, SurgeryError, withBlocks } from './place.ts'

/** Which block of a net. */
export type BlockPlace = {
  /** the path of the stage: `layer2` */
  readonly stage: string
  /** the index of the block in the stage */
  readonly index: number
  /** the shape of one image that the net takes; random images of it show whether a block is the identity */
  readonly input: Shape
}

/** A place, and what to insert there. */
export type InsertOptions = BlockPlace & {
  /** the block; one more like the last of the stage by default */
  readonly block?: AnyLayer
  /** where the first values of the block come from */
  readonly key: Key
}

const images = (input: Shape): Tensor => {
  const shape = [2, ...input]
  return tensor(
    normal(
      keyOf(0),
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  )
}

/** The largest difference between what a block makes of x and x. */
const difference = (block: AnyLayer, params: unknown, state: unknown, x: Tensor): number =>
  tidy(() => {
    const [y, before] = [untyped(block).apply(params, x, state), x].map((at) => at.dataSync<'float32'>()) as [
      Float32Array,
      Float32Array,
    ]
    return y.reduce((most, value, i) => Math.max(most, Math.abs(value - before[i]!)), 0)
  })

/**
 * The parameters of a block with its last part set to 0 that makes it the identity: a normalisation at the end of the
 * branch, or the last convolution where none follows.
 */
const silenced = (block: AnyLayer, params: unknown, state: unknown, x: Tensor): unknown => {
  const own = params as Subtrees
  for (const name of Object.keys(own).toReversed()) {
    const candidate = { ...own, [name]: map(own[name], (leaf: Tensor) => zerosLike(leaf)) }
    if (difference(block, candidate, state, x) === 0) return candidate
  }
  throw new SurgeryError(
    '',
    'no part of this block makes it the identity when it is 0; give a block whose shortcut is the identity, with an activation after the sum only where the block before ends with one',
  )
}

/** What `edit` finds on the blocks of a stage, with errors that name the place; tensors that it does not return go. */
const onStage = <T>(
  caller: string,
  trees: NetWithVariables,
  { stage, index }: BlockPlace,
  more: number,
  input: Shape,
  edit: (blocks: Blocks, x: Tensor) => T,
): T => {
  checkOptions<object>(caller, { index }, { index: wholeNumberFrom(0) })
  return tidy(
    () =>
      editStage(trees, stage.split('.'), index, images(input), (blocks, x) => {
        const last = blocks.layers.length - 1 + more
        if (index > last)
          throw new SurgeryError(`${stage}.${index}`, `there is no such place; the last is ${stage}.${last}`)
        return within(`${stage}.${index}`, () => edit(blocks, x))
      }) as never,
  )
}

/**
 * Inserts a block that is the identity, so that the function of the net stays what it is to the bit, and the larger net
 * can learn on from there. The block has the first values of its kind, but for its last part, which is 0. Nothing is
 * changed in place: the other tensors belong to both nets.
 *
 * @param trees the net, a sequence of named parts with stages of blocks, with its parameters and state
 * @param options the stage, the index that the block will have, the shape of an image, the key, and the block
 * @returns the net with one block more, and its trees
 * @throws SurgeryError if there is no such place, or no part of the block makes it the identity there
 * @throws OptionsError if the index is not a whole number of at least 0
 * @see Chen et al., "Net2Net: accelerating learning via knowledge transfer" (2016), section 2.3, for the idea; He et
 * al., "Identity mappings in deep residual networks" (2016), for blocks that can be the identity
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { identityAdd } from '@resfn/identity-add'
 * import { init, repeat, sequential } from '@resfn/layer'
 * import { preActivationBranch } from '@resfn/pre-activation'
 * import { key } from '@resfn/random'
 * import { insertIdentity } from '@resfn/surgery'
 *
 * const net = sequential({ layer1: repeat([identityAdd(preActivationBranch({ out: 4 }))]) })
 * const trees = { net, ...init(net, key(0), [4, 4, 4]) }
 * const deeper = insertIdentity(trees, { stage: 'layer1', index: 1, input: [4, 4, 4], key: key(1) })
 * const x = tf.ones([1, 4, 4, 4])
 * assert.deepEqual(
 *   [...deeper.net.apply(deeper.params, x, deeper.state).dataSync()],
 *   [...net.apply(trees.params, x, trees.state).dataSync()],
 * )
 * ```
 */
export const insertIdentity = (trees: NetWithVariables, options: InsertOptions): EditedNet => {
  const { index, input, key, block } = options
  const { found, layer, own } = onStage('insertIdentity', trees, options, 1, input, (blocks, x) => {
    const layer = untyped(block ?? blocks.layers.at(-1)!)
    const shape = x.shape.slice(1)
    const { output } = layer.plan(shape)
    if (!sameShape(output, shape))
      throw new SurgeryError(
        '',
        `the block makes ${formatShape(output)} of ${formatShape(shape)}; an identity keeps the shape, so give another block or index`,
      )
    const { params, state } = init(layer, key, shape)
    return { found: blocks, layer, own: { params: silenced(layer, params, state, x), state } }
  })
  const insert = <T>(list: readonly T[], item: T): readonly T[] => list.toSpliced(index, 0, item)
  return withBlocks(trees, options.stage.split('.'), {
    layers: insert<AnyLayer>(found.layers, layer),
    params: insert(found.params, own.params),
    state: insert(found.state, own.state),
  })
}

/**
 * Removes a block that is the identity, so that the function of the net stays what it is to the bit: the inverse of
 * `insertIdentity`. Nothing is changed in place, and no tensor is disposed.
 *
 * @param trees the net, a sequence of named parts with stages of blocks, with its parameters and state
 * @param place the stage, the index of the block, and the shape of an image
 * @returns the net with one block less, and its trees
 * @throws SurgeryError if there is no such block, or it is not the identity on random images
 * @throws OptionsError if the index is not a whole number of at least 0
 * @see Veit et al., "Residual networks behave like ensembles of relatively shallow networks" (2016), for blocks taken
 * out of trained nets
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { identityAdd } from '@resfn/identity-add'
 * import { init, repeat, sequential } from '@resfn/layer'
 * import { preActivationBranch } from '@resfn/pre-activation'
 * import { key } from '@resfn/random'
 * import { removeIdentity } from '@resfn/surgery'
 *
 * const net = sequential({ layer1: repeat([identityAdd(preActivationBranch({ out: 4 }))]) })
 * const trees = { net, ...init(net, key(0), [4, 4, 4]) }
 * assert.throws(() => removeIdentity(trees, { stage: 'layer1', index: 0, input: [4, 4, 4] }), /layer1\.0: this block is not/)
 * ```
 */
export const removeIdentity = (trees: NetWithVariables, place: BlockPlace): EditedNet => {
  const found = onStage('removeIdentity', trees, place, 0, place.input, (blocks, x) => {
    const [layer, params, state] = [blocks.layers, blocks.params, blocks.state].map((list) => list[place.index])
    const most = sameShape((layer as AnyLayer).plan(x.shape.slice(1)).output, x.shape.slice(1))
      ? difference(layer as AnyLayer, params, state, x)
      : Infinity
    if (most !== 0)
      throw new SurgeryError(
        '',
        `this block is not the identity: on random images it changes values by up to ${most.toPrecision(2)}; set the last part of its branch to 0 first`,
      )
    return blocks
  })
  const without = <T>(list: readonly T[]): readonly T[] => list.toSpliced(place.index, 1)
  return withBlocks(trees, place.stage.split('.'), {
    layers: without(found.layers),
    params: without(found.params),
    state: without(found.state),
  })
}
