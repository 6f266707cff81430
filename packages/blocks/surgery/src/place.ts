import { type AnyLayer, editPart, type Layer, PathError, repeat, subtree, type Subtrees, untyped } from '@resfn/layer'
import type { Tensor } from '@tensorflow/tfjs-core'

/** A net with its parameters and state. */
export type NetWithVariables = { readonly net: AnyLayer; readonly params: unknown; readonly state: unknown }

/** The same with trees that are known at run time only, since surgery changes them. */
export type EditedNet = {
  readonly net: Layer<unknown, unknown>
  readonly params: unknown
  readonly state: unknown
}

/** The net has no such place, or what stands there cannot be edited so. */
export class SurgeryError extends PathError {
  override readonly _tag = 'SurgeryError'
}

/** A stage with its trees, block by block. */
export type Blocks = {
  readonly layers: readonly AnyLayer[]
  readonly params: readonly unknown[]
  readonly state: readonly unknown[]
}

/** The blocks of a stage, or undefined for another layer. */
const blocksOf = (net: AnyLayer): readonly AnyLayer[] | undefined => {
  const { layers } = net as { readonly layers?: unknown }
  return Array.isArray(layers) ? (layers as readonly AnyLayer[]) : undefined
}

/** The values of a batch after some layers, in evaluation. */
const after = (
  layers: readonly (readonly [name: string | number, layer: AnyLayer])[],
  trees: NetWithVariables,
  x: Tensor,
): Tensor =>
  layers.reduce(
    (y, [name, layer]) => untyped(layer).apply(subtree(trees.params, name), y, subtree(trees.state, name)),
    x,
  )

/**
 * Edits the stage at a path of names: `edit` is given its blocks, and what the net makes of a batch of images before
 * block `index`.
 *
 * @throws SurgeryError if there is no stage at the path
 */
export const editStage = <T>(
  trees: NetWithVariables,
  path: readonly string[],
  index: number,
  x: Tensor,
  edit: (blocks: Blocks, x: Tensor) => T,
): T => {
  const { net, params, state } = trees
  const [name, ...rest] = path
  if (name === undefined) {
    const layers = blocksOf(net)
    if (layers === undefined)
      throw new SurgeryError('', 'this is not a stage: blocks in a row, as repeat and stage make them; name one')
    const blocks: Blocks = {
      layers,
      params: layers.map((_, i) => subtree(params, i)),
      state: layers.map((_, i) => subtree(state, i)),
    }
    return edit(blocks, after([...layers.slice(0, index).entries()], trees, x))
  }
  const parts = net.parts?.inOrder === true ? Object.entries(net.parts.layers) : []
  const at = parts.findIndex(([other]) => other === name)
  if (at < 0) {
    const names = parts.map(([other]) => other).join(', ') || 'none'
    throw new SurgeryError(name, `there is no such part in a net of sequential parts; the parts here are ${names}`)
  }
  const inner = { net: parts[at]![1], params: subtree(params, name), state: subtree(state, name) }
  return editStage(inner, rest, index, after(parts.slice(0, at), trees, x), edit)
}

/** A tree with another subtree at a path. */
const withSubtree = (tree: unknown, [name, ...rest]: readonly string[], own: unknown): unknown =>
  name === undefined ? own : { ...(tree as Subtrees), [name]: withSubtree(subtree(tree, name), rest, own) }

/** The net with other blocks in the stage at a path. */
export const withBlocks = (
  { net, params, state }: NetWithVariables,
  path: readonly string[],
  blocks: Blocks,
): EditedNet => ({
  net: editPart(net, path.join('.'), () => repeat(blocks.layers)),
  params: withSubtree(params, path, blocks.params),
  state: withSubtree(state, path, blocks.state),
})
