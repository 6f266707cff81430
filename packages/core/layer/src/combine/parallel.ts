import type { Layer } from '../contract/layer.ts'
import type { Join } from './join.ts'
import { byName, namedLayers, sideBySide } from './parts.ts'
import type { Layers, ParamsOfAll, StateOfAll } from './subtrees.ts'

/** Named layers side by side. `layers` are its parts. */
export type Parallel<R> = Layer<ParamsOfAll<R>, StateOfAll<R>> & { readonly layers: R }

/**
 * Named layers side by side on one input, joined: `y = join(a(x), b(x), …)`. Names become the branches of the trees.
 *
 * @param paths a record of layers; its order is the order of the join
 * @param join how the outputs become one: `sum`, `product`, `channels`, or your own
 * @returns the layer, with the record as `layers`
 * @throws RangeError for a name that is a number or has a dot
 * @throws TypeError for a value that is not a layer
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input, or of the join whose paths do
 * not fit
 * @see Szegedy et al., "Going deeper with convolutions" (2015), figure 2, for the form with `channels`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { channels, parallel } from '@resfn/layer'
 *
 * const net = parallel({ near: conv2d({ out: 8, size: 1 }), far: conv2d({ out: 4, size: 5 }) }, channels)
 * assert.deepEqual(net.plan([7, 7, 3]).output, [7, 7, 12])
 * ```
 */
export const parallel = <const R extends Layers>(paths: R, join: Join): Parallel<R> => {
  const joined = { ...join, kind: `parallel ${join.kind}` }
  return {
    ...(sideBySide(joined, namedLayers('parallel', paths), byName(Object.keys(paths))) as Layer<
      ParamsOfAll<R>,
      StateOfAll<R>
    >),
    parts: { layers: paths, make: (others) => parallel(others, join), inOrder: false },
    layers: paths,
  }
}
