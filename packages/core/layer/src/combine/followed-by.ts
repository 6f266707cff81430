import { fold } from '@resfn/random'
import type { AnyLayer, Empty, Layer, ParamsOf, StateOf } from '../contract/layer.ts'
import { untyped } from '../contract/layer.ts'
import { through } from './parts.ts'

/** A layer and one without parameters after it. Its trees are the first one's own. */
export type FollowedBy<F extends AnyLayer> = Layer<ParamsOf<F>, StateOf<F>> & {
  readonly layers: { readonly first: F; readonly last: Layer<Empty> }
}

/**
 * A layer, then one without parameters: `y = last(first(x))`. The trees stay the first one's, so no name is added to
 * any path: the ReLU after the sum of a residual block.
 *
 * @param first any layer
 * @param last a layer without parameters and state
 * @returns the layer, with both as `layers`
 * @throws ShapeError, from `plan`, if one of them cannot take its input
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { relu } from '@resfn/activation'
 * import { dense } from '@resfn/dense'
 * import { followedBy } from '@resfn/layer'
 *
 * assert.deepEqual(Object.keys(followedBy(dense({ out: 2 }), relu).plan([3]).params), ['weight', 'bias'])
 * ```
 */
export const followedBy = <F extends AnyLayer>(first: F, last: Layer<Empty>): FollowedBy<F> => {
  const inner = untyped(first)
  const layer: Layer<unknown, unknown> = {
    plan: (input) => {
      const plan = inner.plan(input)
      const after = last.plan(plan.output)
      return { ...plan, kind: `${plan.kind}, ${after.kind}`, output: after.output, macs: plan.macs + after.macs }
    },
    apply: (params, x, state) => last.apply({}, inner.apply(params, x, state), {}),
    train: (params, x, key) => {
      const { y, seen } = inner.train(params, x, key)
      // A part has a name, so the empty name is nobody else's.
      return { y: last.train({}, y, fold(key, '')).y, seen }
    },
  }
  return {
    ...(layer as Layer<ParamsOf<F>, StateOf<F>>),
    ...through(first, (other) => followedBy(other, last)),
    layers: { first, last },
  }
}
