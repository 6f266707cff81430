import { type AnyLayer, choosePaths, collect, type Layer, partPaths, subtree, untyped } from '@resfn/layer'
import { flatten, map } from '@resfn/tree'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { EditedNet, NetWithVariables } from './place.ts'

/** A layer with its variables bound: it has no trees, and is in evaluation always. */
const bound = (layer: AnyLayer, params: unknown, state: unknown): Layer<unknown, unknown> => {
  const y = (x: Tensor): Tensor => untyped(layer).apply(params, x, state)
  return {
    plan: (input) => ({ ...layer.plan(input), params: {}, state: {}, parts: [] }),
    apply: (_, x) => y(x),
    train: (_, x) => ({ y: y(x), seen: {} }),
  }
}

const freezeAt = (trees: NetWithVariables, path: string, chosen: ReadonlySet<string>): EditedNet => {
  const net = untyped(trees.net)
  const { params, state } = trees
  if (chosen.has(path)) return { net: bound(net, params, state), params: {}, state: {} }
  const inside = (name: string): string => (path === '' ? name : `${path}.${name}`)
  const has = (name: string): boolean => [...chosen].some((at) => `${at}.`.startsWith(`${inside(name)}.`))
  const { parts } = net
  if (parts === undefined || !Object.keys(parts.layers).some(has)) return { net, params, state }
  const names = Object.keys(parts.layers)
  const edited = Object.fromEntries(
    names.map((name) => {
      const own = { net: parts.layers[name]!, params: subtree(params, name), state: subtree(state, name) }
      return [name, freezeAt(own, inside(name), chosen)]
    }),
  )
  const put = (tree: unknown, root: 'params' | 'state'): unknown =>
    Array.isArray(tree) ? names.map((name) => edited[name]![root]) : collect(names, (name) => edited[name]![root])
  return {
    net: untyped(parts.make(Object.fromEntries(names.map((name) => [name, edited[name]!.net])))),
    params: put(params, 'params'),
    state: put(state, 'state'),
  }
}

/**
 * Freezes parts of a net: their parameters and state are bound, so that the trees hold only what still learns. A frozen
 * part gets no gradient, no weight decay and no memory of the optimiser; it is in evaluation in training too, with its
 * running statistics, and without dropout. Whatever stands before the first part that learns costs no backward pass.
 *
 * @param trees the net with its parameters and state
 * @param patterns the parts, as `choosePaths` reads them: `stem, layer1..3`
 * @returns a net and what it learns; its tensors are those of `trees`, which must stay alive as long as the net is used
 * @throws PathError for a pattern that chooses no part, with the nearest paths
 * @see `timm.utils.freeze`, which also makes batch normalisation use its running statistics
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { freeze } from '@resfn/surgery'
 *
 * const net = createNet('cifar-resnet8')
 * const frozen = freeze({ net, ...init(net, key(0), [8, 8, 3]) }, 'stem, layer1..3')
 * assert.deepEqual(Object.keys(frozen.params as object), ['fc'])
 * ```
 */
export const freeze = (trees: NetWithVariables, patterns: string): EditedNet =>
  freezeAt(trees, '', new Set(choosePaths(patterns, partPaths(trees.net))))

/**
 * The whole trees of a net after a frozen net has learned: each tensor that learned in the place of the old one.
 *
 * @param whole parameters and state of the net, as `freeze` was given them
 * @param learned those of the frozen net
 * @returns trees of the tensors of both; none is made
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { freeze, thaw } from '@resfn/surgery'
 *
 * const net = createNet('cifar-resnet8')
 * const whole = init(net, key(0), [8, 8, 3])
 * assert.deepEqual(thaw(whole, freeze({ net, ...whole }, 'layer1')), whole)
 * ```
 */
export const thaw = <P, S>(
  whole: { readonly params: P; readonly state: S },
  learned: { readonly params: unknown; readonly state: unknown },
): { readonly params: P; readonly state: S } => {
  const put = <T>(tree: T, own: unknown): T => {
    const byPath = new Map(flatten<Tensor>(own).map(({ path, leaf }) => [path, leaf]))
    return map(tree, (leaf: Tensor, path) => byPath.get(path) ?? leaf)
  }
  return { params: put(whole.params, learned.params), state: put(whole.state, learned.state) }
}
