import type { AnyLayer, Layer, ParamsOf, StateOf } from '../contract/layer.ts'
import { untyped } from '../contract/layer.ts'
import type { Join } from './join.ts'
import { through } from './parts.ts'

/** A branch beside the identity. Its trees are the branch's own; `layers.branch` is the branch. */
export type Skip<B extends AnyLayer> = Layer<ParamsOf<B>, StateOf<B>> & { readonly layers: { readonly branch: B } }

/**
 * The input joined with what a branch makes of it: `y = join(x, branch(x))`. Parameters and state are the branch's own,
 * so no name is added.
 *
 * With `sum` it is the residual block, with `channels` the dense layer, with `product` squeeze-and-excitation.
 *
 * @param join how input and branch become one: `sum`, `product`, `channels`, or your own; its paths are called
 * `shortcut` and `branch`
 * @returns from a branch to the layer
 * @throws ShapeError, from `plan`, if the join cannot take the two shapes
 * @see He et al., "Identity mappings in deep residual networks" (2016), equation 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { channels, skip, sum } from '@resfn/layer'
 *
 * assert.deepEqual(skip(sum)(conv2d({ out: 3, size: 3 })).plan([8, 8, 3]).output, [8, 8, 3])
 * assert.deepEqual(skip(channels)(conv2d({ out: 12, size: 3 })).plan([8, 8, 3]).output, [8, 8, 15])
 * ```
 */
export const skip =
  (join: Join) =>
  <B extends AnyLayer>(branch: B): Skip<B> => {
    const inner = untyped(branch)
    const layer: Layer<unknown, unknown> = {
      plan: (input) => {
        const plan = inner.plan(input)
        const output = join.output({ shortcut: input, branch: plan.output })
        // The branch's parts are the layer's own, so every path of a summary leads to parameters.
        return { ...plan, output, kind: plan.parts.length > 0 ? join.kind : `${join.kind} ${plan.kind}` }
      },
      apply: (params, x, state) => join.apply([x, inner.apply(params, x, state)]),
      train: (params, x, key) => {
        const { y, seen } = inner.train(params, x, key)
        return { y: join.apply([x, y]), seen }
      },
    }
    return { ...(layer as Layer<ParamsOf<B>, StateOf<B>>), ...through(branch, skip(join)), layers: { branch } }
  }
