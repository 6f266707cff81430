import { tidy } from '@tensorflow/tfjs-core'
import { fold, type Key } from '@resfn/random'
import type { AnyLayer, Layer, ParamsOf, StateOf } from './layer.ts'
import { collect, part } from './branch.ts'
import type { Part } from './plan.ts'
import { within } from './contract/path-error.ts'
import type { Shape } from './shape.ts'

/** The parameter tree of named layers: a name for each layer that has parameters. */
export type ParamsOfAll<R> = {
  readonly [K in keyof R as [keyof ParamsOf<R[K]>] extends [never] ? never : K]: ParamsOf<R[K]>
}

/** The state tree of named layers: a name for each layer that has state. */
export type StateOfAll<R> = {
  readonly [K in keyof R as [keyof StateOf<R[K]>] extends [never] ? never : K]: StateOf<R[K]>
}

/** A name that cannot be part of a path, or that JavaScript would move to the front of a record. */
const badName = /^\d+$|\.|^$|^__proto__$/

/**
 * Named layers one after the other: `y = last(… first(x))`. Names become the branches of the parameter tree and the paths of checkpoints.
 *
 * @param layers a record; its order is the order of the layers. Names must not be numbers (JavaScript would reorder them) or contain a dot.
 * @throws RangeError for such a name
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
 * ```
 */
export const sequential = <const R extends { readonly [name: string]: AnyLayer }>(
  layers: R,
): Layer<ParamsOfAll<R>, StateOfAll<R>> => {
  const names = Object.keys(layers)
  const bad = names.find((name) => badName.test(name))
  if (bad !== undefined)
    throw new RangeError(
      `sequential: the name "${bad}" cannot be used; use a name that is not a number and has no dot, or repeat([...]) for layers without names`,
    )
  const layer = (name: string): AnyLayer => layers[name]!
  return {
    plan: (input) => {
      const parts = chain(names, layer, input)
      const specs = (tree: 'params' | 'state') =>
        collect(names, (name) => parts.find((part) => part.name === name)!.plan[tree])
      return {
        kind: 'sequential',
        params: specs('params') as never,
        state: specs('state') as never,
        output: parts.at(-1)?.plan.output ?? input,
        macs: parts.reduce((sum, part) => sum + part.plan.macs, 0),
        parts,
      }
    },
    apply: (params, x, state) =>
      scope(() =>
        names.reduce((y, name) => within(name, () => layer(name).apply(part(params, name), y, part(state, name))), x),
      ),
    train: (params, x, key) =>
      scope(() => {
        const seen: { [name: string]: unknown } = {}
        const y = names.reduce((input, name) => {
          const trained = within(name, () => layer(name).train(part(params, name), input, fold(key, name)))
          seen[name] = trained.seen
          return trained.y
        }, x)
        return { y, seen: collect(names, (name) => seen[name]) as StateOfAll<R> }
      }),
  }
}

/**
 * `f()`, with what it made and did not return freed: what passes from one layer to the next is nobody else's. What gradients need is kept by
 * the tape, so in training too a net's memory is that, and not every tensor on the way.
 */
const scope = <T>(f: () => T): T => tidy(() => f() as never) as T

/** The plans of layers one after the other. */
const chain = (names: readonly string[], layer: (name: string) => AnyLayer, input: Shape): readonly Part[] => {
  const parts: Part[] = []
  for (const name of names) {
    const shape = parts.at(-1)?.plan.output ?? input
    parts.push({ name, plan: within(name, () => layer(name).plan(shape)) })
  }
  return parts
}

/**
 * Layers of the same type one after the other: the trees are arrays, the paths `0`, `1`, …
 *
 * @param layers any number of layers with trees of the same structure
 * @throws ShapeError, from `plan`, with the index of the layer that cannot take its input
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { repeat } from '@resfn/layer'
 *
 * const net = repeat([dense({ out: 4 }), dense({ out: 4 })])
 * assert.equal(net.plan([4]).params.length, 2)
 * ```
 */
export const repeat = <P, S>(layers: readonly Layer<P, S>[]): Layer<readonly P[], readonly S[]> => {
  const names = layers.map((_, index) => String(index))
  return {
    plan: (input) => {
      const parts = chain(names, (name) => layers[Number(name)]!, input)
      return {
        kind: 'repeat',
        params: parts.map(({ plan }) => plan.params) as never,
        state: parts.map(({ plan }) => plan.state) as never,
        output: parts.at(-1)?.plan.output ?? input,
        macs: parts.reduce((sum, part) => sum + part.plan.macs, 0),
        parts,
      }
    },
    apply: (params, x, state) =>
      scope(() =>
        layers.reduce(
          (y, layer, i) =>
            within(names[i]!, () => layer.apply(part(params, names[i]!) as P, y, part(state, names[i]!) as S)),
          x,
        ),
      ),
    train: (params, x, key: Key) =>
      scope(() => {
        const seen: S[] = []
        const y = layers.reduce((input, layer, i) => {
          const trained = within(names[i]!, () => layer.train(part(params, names[i]!) as P, input, fold(key, i)))
          seen.push(trained.seen)
          return trained.y
        }, x)
        return { y, seen }
      }),
  }
}
