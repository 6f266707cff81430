import {
  type AnyLayer,
  choosePaths,
  collect,
  type Layer,
  partPaths,
  PathError,
  shaped,
  subtree,
  untyped,
} from '@resfn/layer'
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

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

/** The paths below a path, from there. */
const below = (paths: readonly string[], path: string): readonly string[] =>
  path === '' ? paths : paths.flatMap((at) => (at.startsWith(`${path}.`) ? [at.slice(path.length + 1)] : []))

/** A tree without the subtrees at some paths. */
const without = (tree: unknown, chosen: readonly string[]): unknown => {
  if (chosen.length === 0) return tree
  if (chosen.includes('')) return {}
  const own = (name: string | number): unknown =>
    chosen.includes(String(name)) ? {} : without(subtree(tree, name), below(chosen, String(name)))
  return Array.isArray(tree) ? tree.map((_, i) => own(i)) : collect(Object.keys(tree as object), own)
}

/** The net with the parts at some paths frozen, and what still learns. */
const freezeAt = ({ net, params, state }: NetWithVariables, chosen: readonly string[], path = ''): EditedNet => {
  if (chosen.length === 0) return { net: untyped(net), params, state }
  if (chosen.includes('')) return { net: bound(net, params, state), params: {}, state: {} }
  const { parts, on } = net
  if (on !== undefined)
    return {
      // What a shape makes says where it stands by itself.
      net: shaped((input) => freezeAt({ net: on(input), params, state }, chosen).net),
      params: without(params, chosen),
      state: without(state, chosen),
    }
  const stray = chosen.find((at) => !Object.hasOwn(parts?.layers ?? {}, at.split('.', 1)[0]!))
  if (parts === undefined || stray !== undefined)
    throw new PathError(joined(path, stray ?? ''), 'there is no part with this name, so it cannot be frozen alone')
  const names = Object.keys(parts.layers)
  const edited = Object.fromEntries(
    names.map((name) => {
      const own = { net: parts.layers[name]!, params: subtree(params, name), state: subtree(state, name) }
      const inside = chosen.includes(name) ? [''] : below(chosen, name)
      return [name, freezeAt(own, inside, joined(path, name))]
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

/** The paths of all parts; those that the shape of an input makes are known by their variables. */
const pathsOf = ({ net, params, state }: NetWithVariables): readonly string[] => {
  const above = ({ path }: { readonly path: string }): readonly string[] => {
    const names = path.split('.').slice(0, -1)
    return names.map((_, i) => names.slice(0, i + 1).join('.'))
  }
  return [...new Set([...partPaths(net), ...flatten(params).flatMap(above), ...flatten(state).flatMap(above)])]
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
  freezeAt(trees, choosePaths(patterns, pathsOf(trees)))

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
