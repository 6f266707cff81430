import type { AnyLayer, Layer, ParamsOf, StateOf } from '../contract/layer.ts'
import { untyped } from '../contract/layer.ts'
import { formatShape, type Shape } from '../contract/shape.ts'

/** A layer made from the shape of its input. `on` gives it for a shape. */
export type Shaped<L extends AnyLayer> = Layer<ParamsOf<L>, StateOf<L>> & { readonly on: (input: Shape) => L }

/**
 * A layer made from the shape of its input, for options that depend on it: first values by fan in, widths relative to
 * the input's channels.
 *
 * @param make from the shape of one input sample to the layer; pure, and asked once a shape
 * @returns the layer, with `on` for the layer on a given shape
 * @throws what `make` throws, from `plan`
 * @see `shape_dependent` of JAX's stax, whose idea it is
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { shaped } from '@resfn/layer'
 *
 * const half = shaped(([features]) => dense({ out: features! / 2 }))
 * assert.deepEqual(half.plan([8]).output, [4])
 * ```
 */
export const shaped = <L extends AnyLayer>(make: (input: Shape) => L): Shaped<L> => {
  const made = new Map<string, L>()
  const on = (input: Shape): L => {
    const shape = formatShape(input)
    const layer = made.get(shape) ?? make(input)
    made.set(shape, layer)
    return layer
  }
  const layer: Layer<unknown, unknown> = {
    plan: (input) => on(input).plan(input),
    apply: (params, x, state) => untyped(on(x.shape.slice(1))).apply(params, x, state),
    train: (params, x, key) => untyped(on(x.shape.slice(1))).train(params, x, key),
  }
  return { ...(layer as Layer<ParamsOf<L>, StateOf<L>>), on }
}
