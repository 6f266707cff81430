import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import { show } from '@resfn/options'
import { fold, type Key } from '@resfn/random'
import { type AnyLayer, type Layer, type Trained, untyped } from '../contract/layer.ts'
import { within } from '../contract/path-error.ts'
import type { Part, Plan } from '../contract/plan.ts'
import type { Shape } from '../contract/shape.ts'
import type { Join } from './join.ts'
import { collect, type Layers, subtree } from './subtrees.ts'

/** A part of a combinator: its name in the trees, in the keys and in the paths of errors. */
export type NamedLayer = { readonly name: string | number; readonly layer: Layer<unknown, unknown> }

/** Puts the trees of the parts, in their order, into one. */
export type Gather = (trees: readonly unknown[]) => unknown

/** Gathers the trees into a record, without those that are empty. */
export const byName =
  (names: readonly string[]): Gather =>
  (trees) =>
    collect(names, (name) => trees[names.indexOf(name)])

/** A name that cannot be part of a path, or that JavaScript would move to the front of a record. */
const badName = /^\d+$|\.|^$|^__proto__$/

const isLayer = (value: unknown): value is AnyLayer =>
  typeof value === 'object' &&
  value !== null &&
  ['plan', 'apply', 'train'].every(
    (name) => typeof (value as { readonly [name: string]: unknown })[name] === 'function',
  )

const checkLayer = (caller: string, name: string | number, layer: unknown): Layer<unknown, unknown> => {
  if (isLayer(layer)) return untyped(layer)
  const hint =
    typeof layer === 'function'
      ? 'call it to make the layer, or wrap a function of tensors in lift(f)'
      : 'give a record of plan, apply and train, as the ops of resfn make them; layers of tf.layers are another kind'
  throw new TypeError(`${caller}: "${name}" is not a layer but ${show(layer)}; ${hint}`)
}

/**
 * The parts of a record of layers.
 *
 * @throws RangeError for a name that cannot be part of a path
 * @throws TypeError for a value that is not a layer
 */
export const namedLayers = (caller: string, layers: Layers): readonly NamedLayer[] =>
  Object.entries(layers).map(([name, layer]) => {
    if (badName.test(name))
      throw new RangeError(
        `${caller}: the name "${name}" cannot be used; use a name that is not a number and has no dot, or repeat([...]) for layers without names`,
      )
    return { name, layer: checkLayer(caller, name, layer) }
  })

/** The parts of an array of layers, named by their indices. */
export const indexedLayers = (caller: string, layers: readonly AnyLayer[]): readonly NamedLayer[] =>
  layers.map((layer, name) => ({ name, layer: checkLayer(caller, name, layer) }))

/** `f()`, with what it made and did not return freed. What gradients need is kept by the tape. */
export const scope = <T>(f: () => T): T => tidy(() => f() as never) as T

/** Where what a layer is made of is found. */
export type Inside = Pick<AnyLayer, 'parts' | 'on'>

/**
 * What a layer is made of whose inner layer is made from a shape: it is made from a shape itself, by `make`, which
 * wraps the inner layer again. `inputOf` gives the shape that the inner layer takes.
 */
export const madeOn = (
  on: NonNullable<AnyLayer['on']>,
  make: (inner: AnyLayer) => AnyLayer,
  inputOf: (input: Shape) => Shape = (input) => input,
): Inside => ({ on: (input) => make(on(inputOf(input))) })

/** What the layer inside is made of, for a combinator that adds no name: `make` wraps that layer again. */
export const through = ({ parts, on }: AnyLayer, make: (inner: AnyLayer) => AnyLayer): Inside => {
  if (on !== undefined) return madeOn(on, make)
  if (parts === undefined) return {}
  return { parts: { layers: parts.layers, make: (others) => make(parts.make(others)), inOrder: false } }
}

/** The plan of one part on an input. */
export const planOf = ({ name, layer }: NamedLayer, input: Shape): Part => ({
  name: String(name),
  plan: within(String(name), () => layer.plan(input)),
})

/** The evaluation of one part. */
export const applyOf = ({ name, layer }: NamedLayer, params: unknown, x: Tensor, state: unknown): Tensor =>
  within(String(name), () => layer.apply(subtree(params, name), x, subtree(state, name)))

/** The training of one part; its key is folded with its name. */
export const trainOf = ({ name, layer }: NamedLayer, params: unknown, x: Tensor, key: Key): Trained<unknown> =>
  within(String(name), () => layer.train(subtree(params, name), x, fold(key, name)))

/** The plan of a combinator: the plans of its parts, gathered. */
export const planOfAll = (
  kind: string,
  parts: readonly Part[],
  output: Shape,
  gather: Gather,
): Plan<unknown, unknown> => ({
  kind,
  params: gather(parts.map(({ plan }) => plan.params)) as Plan<unknown, unknown>['params'],
  state: gather(parts.map(({ plan }) => plan.state)) as Plan<unknown, unknown>['state'],
  output,
  macs: parts.reduce((sum, { plan }) => sum + plan.macs, 0),
  parts,
})

/**
 * Layers one after the other, each on the output of the one before. Each pass runs in a tidy: the tensors between two
 * layers belong to nobody else.
 */
export const inOrder = (kind: string, layers: readonly NamedLayer[], gather: Gather): Layer<unknown, unknown> => ({
  plan: (input) => {
    const parts: Part[] = []
    for (const layer of layers) parts.push(planOf(layer, parts.at(-1)?.plan.output ?? input))
    return planOfAll(kind, parts, parts.at(-1)?.plan.output ?? input, gather)
  },
  apply: (params, x, state) => scope(() => layers.reduce((y, layer) => applyOf(layer, params, y, state), x)),
  train: (params, x, key) =>
    scope(() => {
      const seen: unknown[] = []
      const y = layers.reduce((input, layer) => {
        const trained = trainOf(layer, params, input, key)
        seen.push(trained.seen)
        return trained.y
      }, x)
      return { y, seen: gather(seen) }
    }),
})

/** Layers side by side on one input, their outputs joined in a tidy. */
export const sideBySide = (join: Join, layers: readonly NamedLayer[], gather: Gather): Layer<unknown, unknown> => ({
  plan: (input) => {
    const parts = layers.map((layer) => planOf(layer, input))
    const output = join.output(Object.fromEntries(parts.map(({ name, plan }) => [name, plan.output])))
    return planOfAll(join.kind, parts, output, gather)
  },
  apply: (params, x, state) => scope(() => join.apply(layers.map((layer) => applyOf(layer, params, x, state)))),
  train: (params, x, key) =>
    scope(() => {
      const trained = layers.map((layer) => trainOf(layer, params, x, key))
      return { y: join.apply(trained.map(({ y }) => y)), seen: gather(trained.map(({ seen }) => seen)) }
    }),
})
