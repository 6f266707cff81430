import type { AnyLayer, Layer, ParamsOf, StateOf } from '../contract/layer.ts'
import { inOrder, indexedLayers } from './parts.ts'
import type { Layers } from './subtrees.ts'

/** Layers one after the other under their indices. `layers` are its parts. */
export type Repeat<L extends readonly AnyLayer[]> = Layer<
  { readonly [K in keyof L]: ParamsOf<L[K]> },
  { readonly [K in keyof L]: StateOf<L[K]> }
> & { readonly layers: L }

/**
 * Layers one after the other: the trees are arrays, the paths `0`, `1`, … Each index has the type of its own layer.
 *
 * @param layers any number of layers, alike or not; one without parameters leaves an empty record at its index
 * @returns the layer, with the array as `layers`
 * @throws TypeError for a value that is not a layer
 * @throws ShapeError, from `plan`, with the index of the layer that cannot take its input
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { repeat } from '@resfn/layer'
 *
 * const net = repeat([dense({ out: 4 }), dense({ out: 2 })])
 * assert.deepEqual(net.plan([4]).params[1].weight.shape, [4, 2])
 * ```
 */
export const repeat = <const L extends readonly AnyLayer[]>(layers: L): Repeat<L> => {
  type Trees = Repeat<L>
  return {
    ...(inOrder('repeat', indexedLayers('repeat', layers), (trees) => trees) as Layer<ParamsOf<Trees>, StateOf<Trees>>),
    parts: {
      layers: Object.fromEntries(layers.entries()),
      make: (others: Layers) => repeat(Object.values(others)),
      inOrder: true,
    },
    layers,
  } as Trees
}
