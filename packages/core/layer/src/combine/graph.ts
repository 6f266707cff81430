import type { AnyLayer, Layer } from '../contract/layer.ts'
import { within } from '../contract/path-error.ts'
import type { Part } from '../contract/plan.ts'
import type { Shape } from '../contract/shape.ts'
import type { Join } from './join.ts'
import { applyOf, byName, namedLayers, type NamedLayer, planOf, planOfAll, scope, trainOf } from './parts.ts'
import type { Layers, ParamsOfAll, StateOfAll } from './subtrees.ts'

/** Several outputs, joined. */
type Joined<N extends string> = { readonly join: Join; readonly of: readonly N[] }

/** What a part of a graph takes: the output of a part before it, several of them joined, or the graph's `input`. */
export type Feed<N extends string = string> = N | 'input' | Joined<N | 'input'>

/** Named layers with wires between them. `layers` are its parts, `feeds` what they take. */
export type Graph<R> = Layer<ParamsOfAll<R>, StateOfAll<R>> & {
  readonly layers: R
  readonly feeds: { readonly [K in keyof R]?: Feed }
}

/** What each part takes, in the order of the parts: the part before it where nothing is said. */
const wiring = (
  parts: readonly NamedLayer[],
  feeds: { readonly [name: string]: Feed | undefined },
): readonly (Joined<string> | string)[] => {
  const names = ['input', ...parts.map(({ name }) => String(name))]
  if (names.lastIndexOf('input') > 0)
    throw new RangeError('graph: a part cannot be called input, which is the input of the graph; use another name')
  const stray = Object.keys(feeds).find((name) => !names.slice(1).includes(name))
  if (stray !== undefined)
    throw new RangeError(`graph: feeds names ${stray}, which is not a part; the parts are ${names.slice(1).join(', ')}`)
  return parts.map(({ name }, i) => {
    const feed = feeds[name] ?? names[i]!
    const before = names.slice(0, i + 1)
    const late = (typeof feed === 'string' ? [feed] : feed.of).find((from) => !before.includes(from))
    if (late !== undefined)
      throw new RangeError(
        `graph: ${name} takes ${late}, which does not come before it; it can take ${before.join(', ')}`,
      )
    return feed
  })
}

/**
 * Named layers of which each takes the output of the one before, as in `sequential`, except where `feeds` says what it
 * takes: the output of an earlier part, several of them joined, or the `input`. The output is that of the last part.
 * Names become the branches of the trees.
 *
 * @param layers a record; its order is the order in which the layers run
 * @param feeds what a part takes instead of the output of the part before it, by the name of the part
 * @returns the layer, with the records as `layers` and `feeds`
 * @throws RangeError for a name that is a number, has a dot or is `input`, and for a feed that does not come before
 * @throws TypeError for a value that is not a layer
 * @throws ShapeError, from `plan`, with the name of the part that cannot take its input, or whose feeds do not fit
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { relu, sigmoid } from '@resfn/activation'
 * import { conv2d } from '@resfn/conv2d'
 * import { graph, product } from '@resfn/layer'
 *
 * // The gate takes what the trunk takes, and multiplies it before the head.
 * const net = graph(
 *   { stem: conv2d({ out: 8, size: 3 }), trunk: relu, gate: sigmoid, head: conv2d({ out: 2, size: 1 }) },
 *   { gate: 'stem', head: { join: product, of: ['trunk', 'gate'] } },
 * )
 * assert.deepEqual(net.plan([7, 7, 3]).output, [7, 7, 2])
 * ```
 */
export const graph = <const R extends Layers>(
  layers: R,
  feeds: { readonly [K in keyof R]?: Feed<keyof R & string> },
): Graph<R> => {
  const parts = namedLayers('graph', layers)
  const wires = wiring(parts, feeds)
  /** The output of the last part: each part run by `step` on what it takes, joined by `joined`. */
  const flow = <T>(
    input: T,
    joined: (join: Join, values: readonly T[], names: readonly string[]) => T,
    step: (part: NamedLayer, input: T) => T,
  ): T => {
    const outputs = new Map([['input', input]])
    return parts.reduce((_, part, i) => {
      const wire = wires[i]!
      const taken =
        typeof wire === 'string'
          ? outputs.get(wire)!
          : within(String(part.name), () =>
              joined(
                wire.join,
                wire.of.map((name) => outputs.get(name)!),
                wire.of,
              ),
            )
      const output = step(part, taken)
      outputs.set(String(part.name), output)
      return output
    }, input)
  }
  const gather = byName(Object.keys(layers))
  const layer: Layer<unknown, unknown> = {
    plan: (input) => {
      const planned: Part[] = []
      const output = flow<Shape>(
        input,
        (join, shapes, names) => join.output(Object.fromEntries(names.map((name, i) => [name, shapes[i]!]))),
        (part, shape) => {
          const plan = planOf(part, shape)
          planned.push(plan)
          return plan.plan.output
        },
      )
      return planOfAll('graph', planned, output, gather)
    },
    apply: (params, x, state) =>
      scope(() =>
        flow(
          x,
          (join, ys) => join.apply(ys),
          (part, y) => applyOf(part, params, y, state),
        ),
      ),
    train: (params, x, key) =>
      scope(() => {
        const seen: unknown[] = []
        const y = flow(
          x,
          (join, ys) => join.apply(ys),
          (part, input) => {
            const trained = trainOf(part, params, input, key)
            seen.push(trained.seen)
            return trained.y
          },
        )
        return { y, seen: gather(seen) }
      }),
  }
  const wanted: { readonly [name: string]: Feed | undefined } = feeds
  const make = (others: Layers): AnyLayer => graph<Layers>(others, wanted as { readonly [name: string]: Feed })
  return {
    ...(layer as Layer<ParamsOfAll<R>, StateOfAll<R>>),
    parts: { layers, make, inOrder: false },
    layers,
    feeds,
  }
}
