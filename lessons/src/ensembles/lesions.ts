import { add, clone, customGrad, type Tensor, zerosLike } from '@tensorflow/tfjs-core'
import { type AnyLayer, editPart, type Layer, partPaths, untyped } from '@resfn/layer'
import { integers, type Key, permutation } from '@resfn/random'
import { flatten, unflatten } from '@resfn/tree'

/** The paths of the blocks that keep the shape: all but the first of each stage. */
export const sameShapeBlocks = (net: AnyLayer): readonly string[] =>
  partPaths(net).filter((path) => /^layer\d+\.[1-9]\d*$/.test(path))

/** The net with the identity in the place of some blocks; its trees stay as they are. */
export const withoutBlocks = (net: AnyLayer, paths: readonly string[]): Layer<unknown, unknown> =>
  paths.reduce(
    (edited, path) => editPart(edited, path, (block) => ({ ...untyped(block), apply: (_, x) => x })),
    untyped(net),
  )

/** A tree whose subtrees at some paths are those at other paths. */
const rearranged = <T>(tree: T, from: ReadonlyMap<string, string>): T => {
  const entries = flatten<Tensor>(tree)
  const leaves = new Map(entries.map(({ path, leaf }) => [path, leaf]))
  const sourceOf = (path: string): string => {
    const place = [...from].find(([at]) => path.startsWith(`${at}.`))
    return place === undefined ? path : `${place[1]}${path.slice(place[0].length)}`
  }
  return unflatten<T>(
    tree,
    entries.map(({ path }) => leaves.get(sourceOf(path))!),
  )
}

const stageOf = (path: string): string => path.split('.')[0]!

/** An order of blocks: which block stands at each place. */
export type Order = ReadonlyMap<string, string>

/** An order after some swaps of two blocks of one stage, drawn from a key. */
export const drawnOrder = (paths: readonly string[], swaps: number, key: Key): Order => {
  const order = new Map(paths.map((path) => [path, path]))
  const numbers = integers(key, 2 * swaps, { low: 0, high: 2 ** 20 })
  for (let i = 0; i < swaps; i++) {
    const one = paths[numbers[2 * i]! % paths.length]!
    const stage = paths.filter((path) => stageOf(path) === stageOf(one) && path !== one)
    const other = stage[numbers[2 * i + 1]! % stage.length]
    if (other === undefined) continue
    const [a, b] = [order.get(one)!, order.get(other)!]
    order.set(one, b)
    order.set(other, a)
  }
  return order
}

/** Kendall's rank correlation of an order with the old one: 1 for the same, -1 for the reverse. */
export const kendall = (order: Order): number => {
  const places = [...order.keys()]
  const ranks = places.map((place) => places.indexOf(order.get(place)!))
  let sum = 0
  for (let i = 0; i < ranks.length; i++) for (let j = 0; j < i; j++) sum += Math.sign(ranks[i]! - ranks[j]!)
  return sum / ((ranks.length * (ranks.length - 1)) / 2)
}

/** Parameters and state with the blocks in another order. */
export const inOrderOf = <P, S>(
  { params, state }: { readonly params: P; readonly state: S },
  order: Order,
): { readonly params: P; readonly state: S } => ({
  params: rearranged(params, order),
  state: rearranged(state, order),
})

/** Some of the blocks, drawn from a key. */
export const drawnBlocks = (paths: readonly string[], count: number, key: Key): readonly string[] =>
  Array.from(permutation(key, paths.length))
    .slice(0, count)
    .map((index) => paths[index]!)

/** A tensor that lets no gradient through. */
const stopped = (x: Tensor): Tensor =>
  customGrad(((y: Tensor) => ({ value: clone(y), gradFunc: () => [zerosLike(y)] })) as never)(x)

/**
 * The net whose gradient takes one path: through the branches of some blocks, and through the shortcuts of the others.
 * Its output is the same.
 *
 * @see Veit et al. 2016, section 4.3
 */
export const onePath = (net: AnyLayer, paths: readonly string[], through: readonly string[]): Layer<unknown, unknown> =>
  paths.reduce(
    (edited, path) =>
      editPart(edited, path, (block) => {
        const branch = untyped((block as unknown as { readonly layers: { readonly branch: AnyLayer } }).layers.branch)
        const isThrough = through.includes(path)
        return {
          ...untyped(block),
          apply: (params, x, state) =>
            isThrough
              ? add(stopped(x), branch.apply(params, x, state))
              : add(x, stopped(branch.apply(params, x, state))),
        }
      }),
    untyped(net),
  )
