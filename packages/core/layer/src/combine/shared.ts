import { fold } from '@resfn/random'
import type { AnyLayer, Empty, Layer } from '../contract/layer.ts'
import { ShapeError } from '../contract/path-error.ts'
import { formatShape, sameShape } from '../contract/shape.ts'
import type { Join } from './join.ts'
import { applyOf, type Inside, madeOn, namedLayers, planOf, trainOf } from './parts.ts'
import type { Layers } from './subtrees.ts'

/** Named layers without parameters, each a view of the same input. */
export type Views = { readonly [name: string]: Layer<Empty> }

/** What one layer on several views is made of: the views, and the parts of the layer. */
const insideOf = (views: Views, join: Join, layer: AnyLayer): Inside => {
  const { parts, on } = layer
  const [first] = Object.values(views)
  const again = (own: Views, inner: AnyLayer): AnyLayer => shared(own, join)(inner as Layer<unknown>)
  if (on !== undefined)
    return madeOn(
      on,
      (inner) => again(views, inner),
      (input) => first?.plan(input).output ?? input,
    )
  const isView = (name: string): boolean => Object.hasOwn(views, name)
  const chosen = (layers: Layers, wanted: boolean): Layers =>
    Object.fromEntries(Object.entries(layers).filter(([name]) => isView(name) === wanted))
  return {
    parts: {
      layers: { ...parts?.layers, ...views },
      make: (others) => again(chosen(others, true) as Views, parts?.make(chosen(others, false)) ?? layer),
      inOrder: false,
    },
  }
}

/** One layer on several views. Its tree is that layer's own; `layers` are the views and the layer. */
export type Shared<V extends Views, P> = Layer<P> & { readonly layers: V & { readonly layer: Layer<P> } }

/**
 * One layer with one set of parameters on several views of the input, joined: `y = join(f(a(x)), f(b(x)), …)`. The
 * trees are the layer's own, so no name is added.
 *
 * @param views layers without parameters, by name; their outputs have one shape
 * @param join how the outputs of the layer become one, as in `parallel`
 * @returns from a layer without state to the layer, with the views and that layer as `layers`
 * @throws RangeError for a name that is a number, has a dot or is `layer`
 * @throws TypeError for a view that is not a layer
 * @throws ShapeError, from `plan`, if the views differ in shape, or the layer or the join cannot take them
 * @see Woo et al., "CBAM: convolutional block attention module" (2018), equation 2: one perceptron on both poolings
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { activation } from '@resfn/activation'
 * import { dense } from '@resfn/dense'
 * import { shared, sum } from '@resfn/layer'
 *
 * const views = { up: activation('relu'), bounded: activation('tanh') }
 * const plan = shared(views, sum)(dense({ out: 2 })).plan([3])
 * assert.deepEqual([Object.keys(plan.params), plan.macs], [['weight', 'bias'], 12])
 * ```
 */
export const shared =
  <const V extends Views>(views: V, join: Join) =>
  <P>(layer: Layer<P>): Shared<V, P> => {
    const parts = namedLayers('shared', views)
    const names = Object.keys(views)
    if (names.includes('layer'))
      throw new RangeError('shared: a view cannot be called layer, which is the layer on all of them; use another name')
    return {
      plan: (input) => {
        const planned = parts.map((view) => planOf(view, input))
        const shape = planned[0]?.plan.output ?? input
        for (const { name, plan } of planned)
          if (!sameShape(plan.output, shape))
            throw new ShapeError(
              '',
              `the views ${names[0]} ${formatShape(shape)} and ${name} ${formatShape(plan.output)} differ; one layer needs inputs of one shape`,
            )
        const inner = layer.plan(shape)
        return {
          ...inner,
          kind: `${join.kind} of ${names.join(', ')}`,
          output: join.output(Object.fromEntries(names.map((name) => [name, inner.output]))),
          macs: inner.macs * names.length + planned.reduce((total, { plan }) => total + plan.macs, 0),
          parts: [...planned, ...inner.parts],
        }
      },
      apply: (params, x) => join.apply(parts.map((view) => layer.apply(params, applyOf(view, {}, x, {}), {}))),
      train: (params, x, key) => {
        const ys = parts.map((view) => layer.train(params, trainOf(view, {}, x, key).y, fold(key, view.name)).y)
        return { y: join.apply(ys), seen: {} }
      },
      ...insideOf(views, join, layer),
      layers: { ...views, layer },
    }
  }
