import type { Tensor } from '@tensorflow/tfjs-core'
import type { AnyLayer, Empty, ParamsOf, StateOf } from '../contract/layer.ts'

/** A record of the trees of named parts. */
export type Subtrees = { readonly [name: string]: unknown }

/** Named layers. */
export type Layers = { readonly [name: string]: AnyLayer }

/** The parameter tree of named layers: a name for each layer that has parameters. */
export type ParamsOfAll<R> = {
  readonly [K in keyof R as [keyof ParamsOf<R[K]>] extends [never] ? never : K]: ParamsOf<R[K]>
}

/** The state tree of named layers: a name for each layer that has state. */
export type StateOfAll<R> = {
  readonly [K in keyof R as [keyof StateOf<R[K]>] extends [never] ? never : K]: StateOf<R[K]>
}

/** A layer without parameters and state. */
export type Bare = AnyLayer & { readonly apply: (params: Empty, x: Tensor, state: Empty) => Tensor }

const none: Subtrees = {}

const isEmpty = (tree: unknown): boolean =>
  typeof tree === 'object' &&
  tree !== null &&
  Object.getPrototypeOf(tree) === Object.prototype &&
  Object.keys(tree).length === 0

/** The record of `value(name)`; parts without parameters or state leave no name in the trees. */
export const collect = <N extends string>(names: readonly N[], value: (name: N) => unknown): Subtrees =>
  Object.fromEntries(names.map((name) => [name, value(name)] as const).filter(([, tree]) => !isEmpty(tree)))

/**
 * The tree of a part by name, empty where there is none. Only an own name counts, so that a layer may be called
 * `constructor`.
 */
export const subtree = (tree: unknown, name: string | number): unknown =>
  tree != null && Object.hasOwn(tree, name) ? (tree as Subtrees)[name] : none
