import { type AnyLayer, type Layer, PathError, repeat, sequential, type Shape, subtree, untyped } from '@resfn/layer'
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

const partsOf = (net: AnyLayer): unknown => (net as { readonly layers?: unknown }).layers

/** Whether a net is its parts in a row under their names, so that it can be put together again. */
const isSequential = (net: AnyLayer, input: Shape): boolean =>
  typeof partsOf(net) === 'object' && !Array.isArray(partsOf(net)) && net.plan(input).kind === 'sequential'

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

const entriesBefore = (net: AnyLayer, name: string): readonly (readonly [string, AnyLayer])[] => {
  const entries = Object.entries(partsOf(net) as { readonly [name: string]: AnyLayer })
  return entries.slice(
    0,
    entries.findIndex(([other]) => other === name),
  )
}

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
  const parts = partsOf(net)
  if (name === undefined) {
    if (!Array.isArray(parts))
      throw new SurgeryError('', 'this is not a stage: blocks in a row, as repeat and stage make them; name one')
    const layers = parts as readonly AnyLayer[]
    const blocks: Blocks = {
      layers,
      params: layers.map((_, i) => subtree(params, i)),
      state: layers.map((_, i) => subtree(state, i)),
    }
    return edit(
      blocks,
      after(
        layers.slice(0, index).map((layer, i) => [i, layer] as const),
        trees,
        x,
      ),
    )
  }
  if (!isSequential(net, x.shape.slice(1)) || !Object.hasOwn(parts as object, name)) {
    const names = typeof parts === 'object' && parts !== null ? Object.keys(parts).join(', ') : 'none'
    throw new SurgeryError(name, `there is no such part in a net of sequential parts; the parts here are ${names}`)
  }
  const inner = {
    net: (parts as { readonly [name: string]: AnyLayer })[name]!,
    params: subtree(params, name),
    state: subtree(state, name),
  }
  return editStage(inner, rest, index, after(entriesBefore(net, name), trees, x), edit)
}

/** The net with other blocks in the stage at a path. */
export const withBlocks = (
  { net, params, state }: NetWithVariables,
  path: readonly string[],
  blocks: Blocks,
): EditedNet => {
  const [name, ...rest] = path
  if (name === undefined) return { net: untyped(repeat(blocks.layers)), params: blocks.params, state: blocks.state }
  const parts = partsOf(net) as { readonly [name: string]: AnyLayer }
  const inner = withBlocks(
    { net: parts[name]!, params: subtree(params, name), state: subtree(state, name) },
    rest,
    blocks,
  )
  const put = (tree: unknown, own: unknown): unknown => ({ ...(tree as object), [name]: own })
  return {
    net: untyped(sequential({ ...parts, [name]: inner.net })),
    params: put(params, inner.params),
    state: put(state, inner.state),
  }
}
