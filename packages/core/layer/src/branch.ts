/** A record of the trees of named parts. */
export type Branch = { readonly [name: string]: unknown }

/** The tree of a part that has none. */
export const empty: Branch = {}

const isEmpty = (tree: unknown): boolean =>
  typeof tree === 'object' &&
  tree !== null &&
  Object.getPrototypeOf(tree) === Object.prototype &&
  Object.keys(tree).length === 0

/** The record of `value(name)`; parts without parameters or state leave no empty branch in the trees. */
export const collect = (names: readonly string[], value: (name: string) => unknown): Branch =>
  Object.fromEntries(names.map((name) => [name, value(name)] as const).filter(([, tree]) => !isEmpty(tree)))

/** The tree of a part by name, empty where there is none. Only an own name counts, so that a layer may be called `constructor`. */
export const part = (tree: unknown, name: string): unknown =>
  tree != null && Object.hasOwn(tree, name) ? (tree as Branch)[name] : empty
