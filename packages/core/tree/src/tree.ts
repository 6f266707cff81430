import type { Tensor } from '@tensorflow/tfjs-core'

/** A tree whose leaves are of type `L`. A leaf is anything that is neither an array nor a plain object. */
export type Leaves<L> = L | readonly Leaves<L>[] | { readonly [name: string]: Leaves<L> }

/** A tree of tensors: the shape of every parameter, state, gradient and optimiser tree. */
export type Tree = Leaves<Tensor>

/** The tree type `T` with each leaf of type `L` replaced by `M`. */
export type MapTree<T, M, L = Tensor> = T extends L ? M : { readonly [K in keyof T]: MapTree<T[K], M, L> }

/** A leaf and its path, the names and indices on the way to it joined with `.`. */
export type Entry<L = Tensor> = { readonly path: string; readonly leaf: L }

/** Two trees have different structures; `path` is the first place where they differ. */
export class StructureError extends Error {
  readonly _tag = 'StructureError'
  readonly path: string
  constructor(path: string, message: string) {
    super(`${path === '' ? 'the root' : path}: ${message}`)
    this.name = 'StructureError'
    this.path = path
  }
}

type Node = { readonly [name: string]: unknown } | readonly unknown[]

const isNode = (value: unknown): value is Node => {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

const child = (node: Node, name: string): unknown => (node as { readonly [name: string]: unknown })[name]

const rebuild = (like: Node, value: (name: string) => unknown): unknown =>
  Array.isArray(like)
    ? like.map((_, index) => value(String(index)))
    : Object.fromEntries(Object.keys(like).map((name) => [name, value(name)]))

/**
 * The leaves of a tree with their paths, depth first in the order of the names: `flatten({ a: [x, y] })` is `a.0: x,
 * a.1: y`.
 *
 * @param tree any tree; a leaf is anything that is neither an array nor a plain object
 * @returns one entry a leaf; the paths are the checkpoint keys, distinct as long as no name has a dot
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { flatten } from '@resfn/tree'
 *
 * assert.deepEqual(flatten<number>({ conv: { weight: 1 }, rest: [2, 3] }), [
 *   { path: 'conv.weight', leaf: 1 },
 *   { path: 'rest.0', leaf: 2 },
 *   { path: 'rest.1', leaf: 3 },
 * ])
 * ```
 */
export const flatten = <L = Tensor>(tree: unknown): readonly Entry<L>[] => {
  const entries: Entry<L>[] = []
  const visit = (value: unknown, path: string): void => {
    if (isNode(value)) for (const name of Object.keys(value)) visit(child(value, name), join(path, name))
    else entries.push({ path, leaf: value as L })
  }
  visit(tree, '')
  return entries
}

/**
 * The leaves of a tree without their paths, in the order of `flatten`.
 *
 * @param tree any tree
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { leaves } from '@resfn/tree'
 *
 * assert.deepEqual(leaves<number>({ a: 1, b: [2] }), [1, 2])
 * ```
 */
export const leaves = <L = Tensor>(tree: unknown): readonly L[] => flatten<L>(tree).map(({ leaf }) => leaf)

/**
 * A tree of the same structure whose leaves are `f(leaf, path)`, of any type.
 *
 * @param tree a tree with leaves of type `L`
 * @param f from a leaf and its path to the new leaf
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mapTo } from '@resfn/tree'
 *
 * assert.deepEqual(mapTo({ a: 1, b: [2] }, (leaf: number, path) => `${path}=${leaf}`), { a: 'a=1', b: ['b.0=2'] })
 * ```
 */
export const mapTo = <T, M, L = Tensor>(tree: T, f: (leaf: L, path: string) => M): MapTree<T, M, L> => {
  const visit = (value: unknown, path: string): unknown =>
    isNode(value) ? rebuild(value, (name) => visit(child(value, name), join(path, name))) : f(value as L, path)
  return visit(tree, '') as MapTree<T, M, L>
}

/**
 * A tree of the same type whose leaves are `f(leaf, path)`.
 *
 * @param tree a tree of tensors
 * @param f from a tensor and its path to the new tensor
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { map } from '@resfn/tree'
 *
 * const halved = map({ w: tf.tensor1d([2, 4]) }, (w) => tf.mul(w, 0.5))
 * assert.deepEqual([...halved.w.dataSync()], [1, 2])
 * ```
 */
export const map = <T, L = Tensor>(tree: T, f: (leaf: L, path: string) => L): T => mapTo<T, L, L>(tree, f) as T

/**
 * A tree of the structure of all the given trees, whose leaves are `f([leaf of each], path)`.
 *
 * @param trees at least one tree; all of the same structure (names in any order)
 * @param f from the leaves that share a path, in the order of the trees, to the new leaf
 * @throws StructureError naming the first path where a tree differs from the first one
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { zip } from '@resfn/tree'
 *
 * assert.deepEqual(zip([{ a: 1 }, { a: 10 }], ([x, y]: readonly number[]) => x! + y!), { a: 11 })
 * assert.throws(() => zip([{ a: 1 }, { b: 1 }], ([x]: readonly number[]) => x!), /^StructureError: a: .*missing/)
 * ```
 */
export const zip = <T, L = Tensor>(trees: readonly [T, ...T[]], f: (leaves: readonly L[], path: string) => L): T => {
  const visit = (values: readonly unknown[], path: string): unknown => {
    const [first] = values
    const others = values.slice(1)
    if (!isNode(first)) {
      others.forEach((other, i) => {
        if (isNode(other)) throw new StructureError(path, `a leaf in the first tree, but a subtree in tree ${i + 2}`)
      })
      return f(values as readonly L[], path)
    }
    others.forEach((other, i) => sameNames(first, other, path, i + 2))
    return rebuild(first, (name) =>
      visit(
        values.map((value) => child(value as Node, name)),
        join(path, name),
      ),
    )
  }
  return visit(trees, '') as T
}

const sameNames = (first: Node, other: unknown, path: string, nth: number): void => {
  if (!isNode(other)) throw new StructureError(path, `a subtree in the first tree, but a leaf in tree ${nth}`)
  if (Array.isArray(first) !== Array.isArray(other)) {
    const kind = (node: Node): string => (Array.isArray(node) ? 'an array' : 'a record')
    throw new StructureError(path, `${kind(first)} in the first tree, but ${kind(other)} in tree ${nth}`)
  }
  for (const name of Object.keys(first))
    if (!Object.hasOwn(other, name))
      throw new StructureError(join(path, name), `in the first tree, but missing in tree ${nth}`)
  for (const name of Object.keys(other))
    if (!Object.hasOwn(first, name))
      throw new StructureError(join(path, name), `in tree ${nth}, but missing in the first tree`)
}

/**
 * The tree of the structure of `like` with the given leaves, the inverse of `leaves`: `unflatten(t, leaves(t))` equals
 * `t`.
 *
 * @param like a tree that gives the structure
 * @param values the new leaves, in the order of `leaves(like)`
 * @throws StructureError if the number of leaves differs
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { unflatten } from '@resfn/tree'
 *
 * assert.deepEqual(unflatten({ a: 0, b: [0] }, [1, 2]), { a: 1, b: [2] })
 * ```
 */
export const unflatten = <T, L = Tensor>(like: T, values: readonly L[]): T => {
  const count = flatten(like).length
  if (count !== values.length)
    throw new StructureError('', `the tree has ${count} leaves, but ${values.length} values were given`)
  let next = 0
  return map<T, L>(like, () => values[next++] as L)
}
