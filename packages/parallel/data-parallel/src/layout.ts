import { tensor, type Tensor } from '@tensorflow/tfjs-core'
import { flatten, unflatten } from '@resfn/tree'

/** The leaves of a tree in the order of their paths, as they lie one after the other in an array. */
export const leavesOf = (tree: unknown): readonly Tensor[] => inOrder(tree).map(({ leaf }) => leaf)

const inOrder = (tree: unknown): readonly { readonly path: string; readonly leaf: Tensor }[] =>
  flatten<Tensor>(tree).toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))

/** Leaves in a row, in groups of about so many numbers: a group ends before the leaf that would make it larger. */
export const grouped = (leaves: readonly Tensor[], numbers: number): readonly (readonly Tensor[])[] => {
  const groups: Tensor[][] = []
  let size = Infinity
  for (const leaf of leaves) {
    if (size + leaf.size > numbers) {
      groups.push([])
      size = 0
    }
    groups.at(-1)!.push(leaf)
    size += leaf.size
  }
  return groups
}

/** The numbers of leaves times a weight, one after the other, with room for `more` behind them. */
export const packed = async (leaves: readonly Tensor[], weight: number, more = 0): Promise<Float32Array> => {
  const result = new Float32Array(leaves.reduce((sum, { size }) => sum + size, more))
  // What has no weight is left out, also where it is not finite.
  if (weight === 0) return result
  let from = 0
  for (const leaf of leaves) {
    const values = (await leaf.data()) as Float32Array
    if (weight === 1) result.set(values, from)
    else for (let i = 0; i < values.length; i++) result[from + i] = weight * values[i]!
    from += values.length
  }
  return result
}

/** Tensors of the shapes of leaves, with the numbers that `packed` laid out. */
export const unpacked = (leaves: readonly Tensor[], values: Float32Array): readonly Tensor[] => {
  let from = 0
  return leaves.map(({ shape, size }) => {
    from += size
    return tensor(values.subarray(from - size, from), shape, 'float32')
  })
}

/** A tree of the structure of `like`, from leaves in the order of their paths. */
export const treeOf = <T>(like: T, leaves: readonly Tensor[]): T => {
  const byPath = new Map(inOrder(like).map(({ path }, i) => [path, leaves[i]!]))
  return unflatten(
    like,
    flatten<Tensor>(like).map(({ path }) => byPath.get(path)!),
  )
}

/** Path and shape of each leaf: what two ranks must have alike. */
export const layoutOf = (tree: unknown): readonly string[] =>
  inOrder(tree).map(({ path, leaf }) => `${path} [${leaf.shape.join(',')}]`)
