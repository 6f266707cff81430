import { clone, concat, slice, type Tensor, type TensorContainer, tidy } from '@tensorflow/tfjs-core'
import { checkOptions, oneOf, OptionsError, wholeNumberFrom } from '@resfn/options'
import { map, type Tree, zip } from '@resfn/tree'

/** The forms of the branch of ResNeXt: (a), (b) and (c) of figure 3. */
export type Form = 'split' | 'early' | 'grouped'

/** The parts of a branch by name. */
type Parts = { readonly [name: string]: Tree }

/** The parts that each path has for itself. */
const ownParts: { readonly [form in Form]: readonly string[] } = {
  split: ['conv1', 'bn1', 'conv2', 'bn2', 'conv3'],
  early: ['conv1', 'bn1', 'conv2', 'bn2'],
  grouped: [],
}

/**
 * Where the paths lie side by side in form (c): along the outputs, and in the last 1x1 convolution along the inputs.
 */
const axisOf = (name: string, { rank }: Tensor): number => {
  if (name !== 'conv3') return rank - 1
  if (rank < 2)
    throw new OptionsError('convertForm: conv3 must have no bias, because form (a) has one for each path; leave it out')
  return rank - 2
}

const piece = (name: string, leaf: Tensor, i: number, cardinality: number): Tensor => {
  const axis = axisOf(name, leaf)
  const size = leaf.shape[axis]! / cardinality
  if (!Number.isInteger(size))
    throw new OptionsError(`convertForm: ${cardinality} paths must divide the ${leaf.shape[axis]} channels of ${name}`)
  const along = (at: (extent: number, k: number) => number): number[] => leaf.shape.map(at)
  return slice(
    leaf,
    along((_, k) => (k === axis ? i * size : 0)),
    along((extent, k) => (k === axis ? size : extent)),
  )
}

/** Form (c) of any form. */
const joined = ({ paths, ...rest }: Parts): Parts => {
  const [first, ...others] = Object.values((paths ?? {}) as { readonly [path: string]: Parts })
  if (first === undefined) return rest
  const sideBySide = Object.keys(first).map((name): readonly [string, Tree] => [
    name,
    zip<Tree>([first[name]!, ...others.map((path) => path[name]!)], (leaves) =>
      concat([...leaves], axisOf(name, leaves[0]!)),
    ),
  ])
  return { ...Object.fromEntries(sideBySide), ...rest }
}

/** Form (c) with the named parts cut into paths. */
const cut = (parts: Parts, names: readonly string[], cardinality: number): Parts => {
  const entries = Object.entries(parts)
  const own = entries.filter(([name]) => names.includes(name))
  if (own.length === 0) return parts
  const path = (i: number): Parts =>
    Object.fromEntries(
      own.map(([name, part]) => [name, map<Tree>(part, (leaf) => piece(name, leaf, i, cardinality))] as const),
    )
  const paths = Object.fromEntries(Array.from({ length: cardinality }, (_, i) => [`path${i}`, path(i)]))
  return { paths, ...Object.fromEntries(entries.filter(([name]) => !names.includes(name))) }
}

/**
 * The tree of one form of the branch as the tree of another: with `W_i` of path i, `conv1 = [W1_0, W1_1, …]` along the
 * outputs, `conv2` the same in groups, and `conv3` along the inputs. Values move and none changes, so the way back is
 * exact. Parameters, state and gradients all convert by it; other parts, such as a shortcut, stay.
 *
 * @param tree parameters, state or gradients of a branch, or of a block with such a branch
 * @param options the form of the tree, the form to make, and the number of paths
 * @returns a tree with tensors of its own
 * @throws OptionsError if a form is unknown, the number of paths does not divide the channels, or `conv3` has a bias
 * @see Xie et al., "Aggregated residual transformations for deep neural networks" (2017), section 3.2 and figure 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { init, untyped } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { convertForm, groupedConvolutions, splitTransformMerge } from '@resfn/resnext'
 * import type { Tree } from '@resfn/tree'
 *
 * const options = { out: 8, cardinality: 4, width: 2 }
 * const [a, c] = [splitTransformMerge(options), groupedConvolutions(options)]
 * const { params, state } = init(c, key(0), [5, 5, 8])
 * const inPaths = (tree: Tree) => convertForm(tree, { from: 'grouped', to: 'split', cardinality: 4 })
 * const x = tf.ones([1, 5, 5, 8])
 * const difference = tf.sub(untyped(a).apply(inPaths(params), x, inPaths(state)), c.apply(params, x, state))
 * assert.ok(tf.max(tf.abs(difference)).dataSync()[0]! < 1e-5)
 * ```
 */
export const convertForm = (
  tree: Tree,
  options: { readonly from: Form; readonly to: Form; readonly cardinality: number },
): Tree => {
  const form = oneOf('split', 'early', 'grouped')
  checkOptions('convertForm', options, { from: form, to: form, cardinality: wholeNumberFrom(1) })
  const { to, cardinality } = options
  return tidy(() => {
    const own = map<Tree>(tree, (leaf) => clone(leaf)) as Parts
    return cut(joined(own), ownParts[to], cardinality) as TensorContainer
  }) as Tree
}
