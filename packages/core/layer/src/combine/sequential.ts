import type { Layer } from '../contract/layer.ts'
import { byName, inOrder, namedLayers } from './parts.ts'
import type { Layers, ParamsOfAll, StateOfAll } from './subtrees.ts'

/**
 * Named layers one after the other. `layers` are its parts, to build a prefix of a net, or the same net with another
 * head.
 */
export type Sequential<R> = Layer<ParamsOfAll<R>, StateOfAll<R>> & { readonly layers: R }

/**
 * Named layers one after the other: `y = last(… first(x))`. Names become the branches of the parameter tree and the
 * paths of checkpoints.
 *
 * @param layers a record; its order is the order of the layers. Names must not be numbers (JavaScript would reorder
 * them) or contain a dot.
 * @returns the layer, with the record as `layers`
 * @throws RangeError for such a name
 * @throws TypeError for a value that is not a layer
 * @throws ShapeError, from `plan`, with the name of the layer that cannot take its input
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { relu } from '@resfn/activation'
 * import { dense } from '@resfn/dense'
 * import { sequential } from '@resfn/layer'
 *
 * const net = sequential({ hidden: dense({ out: 8 }), relu, head: dense({ out: 2 }) })
 * assert.deepEqual(net.plan([4]).output, [2])
 * const { head: _, ...body } = net.layers
 * assert.deepEqual(sequential({ ...body, head: dense({ out: 5 }) }).plan([4]).output, [5])
 * ```
 */
export const sequential = <const R extends Layers>(layers: R): Sequential<R> => {
  const parts = namedLayers('sequential', layers)
  return {
    ...(inOrder('sequential', parts, byName(Object.keys(layers))) as Layer<ParamsOfAll<R>, StateOfAll<R>>),
    parts: { layers, make: sequential, inOrder: true },
    layers,
  }
}
