import { tensor, type Tensor } from '@tensorflow/tfjs-core'
import { type Entry, flatten, unflatten } from '@resfn/tree'

/** The leaves of a tree in the order of their paths, as they lie one after the other in an array. */
export const entriesOf = (tree: unknown): readonly Entry<Tensor>[] =>
  flatten<Tensor>(tree).toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))

/** How many numbers leaves have together. */
export const sizeOf = (entries: readonly Entry<Tensor>[]): number =>
  entries.reduce((sum, { leaf }) => sum + leaf.size, 0)

/** The numbers of leaves. */
export const numbersOf = (entries: readonly Entry<Tensor>[]): Promise<readonly Float32Array[]> =>
  Promise.all(entries.map(({ leaf }) => leaf.data() as Promise<Float32Array>))

/** Writes numbers times a weight into an array, one after the other. */
export const pack = (numbers: readonly Float32Array[], weight: number, into: Float32Array): void => {
  let from = 0
  for (const values of numbers) {
    if (weight === 1) into.set(values, from)
    // What has no weight is left out, also where it is not finite.
    else if (weight === 0) into.fill(0, from, from + values.length)
    else for (let i = 0; i < values.length; i++) into[from + i] = weight * values[i]!
    from += values.length
  }
}

/** Tensors of the shapes of leaves, by path, with the numbers that `pack` laid out. */
export const unpacked = (
  entries: readonly Entry<Tensor>[],
  values: Float32Array,
): readonly (readonly [path: string, leaf: Tensor])[] => {
  let from = 0
  return entries.map(({ path, leaf: { shape, size } }) => {
    from += size
    return [path, tensor(values.subarray(from - size, from), shape, 'float32')]
  })
}

/** A tree of the structure of `like`, from leaves by path. */
export const treeOf = <T>(like: T, leaves: ReadonlyMap<string, Tensor>): T =>
  unflatten(
    like,
    flatten<Tensor>(like).map(({ path }) => leaves.get(path)!),
  )

/** Path and shape of each leaf: what two ranks must have alike. */
export const layoutOf = (tree: unknown): readonly string[] =>
  entriesOf(tree).map(({ path, leaf }) => `${path} [${leaf.shape.join(',')}]`)
