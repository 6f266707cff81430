import { fold } from '@resfn/random'
import type { AnyLayer, Layer, ParamsOf, StateOf } from '../contract/layer.ts'
import { untyped } from '../contract/layer.ts'
import { VariablesError, within } from '../contract/path-error.ts'
import type { Join } from './join.ts'
import { type Inside, madeOn } from './parts.ts'
import { collect, type Subtrees, subtree } from './subtrees.ts'

/** The tree of a branch with one more name, `shortcut`, where the shortcut has a tree. */
export type WithShortcut<P, Q> = [keyof Q] extends [never] ? P : P & { readonly shortcut: Q }

/** A branch beside a shortcut of its own. `layers` are both. */
export type Projected<B extends AnyLayer, C extends AnyLayer> = Layer<
  WithShortcut<ParamsOf<B>, ParamsOf<C>>,
  WithShortcut<StateOf<B>, StateOf<C>>
> & { readonly layers: { readonly branch: B; readonly shortcut: C } }

const merged = (branch: unknown, shortcut: unknown): Subtrees => {
  if (Array.isArray(branch) || Object.hasOwn(branch as object, 'shortcut'))
    throw new VariablesError(
      '',
      'the shortcut is one more name in the tree of the branch, so the branch needs a tree of names of which none is shortcut; wrap it in sequential({ … })',
    )
  return { ...(branch as Subtrees), ...collect(['shortcut'], () => shortcut) }
}

/** The tree of the branch alone. */
const withoutShortcut = (tree: unknown): unknown => {
  if (tree == null) return tree
  const { shortcut: _, ...branch } = tree as Subtrees
  return branch
}

/**
 * A branch joined with a shortcut of its own: `y = join(shortcut(x), branch(x))`. The trees are the branch's own with
 * one more name, `shortcut`, so a block has the same paths with and without a projection.
 *
 * @param join how both become one, as in `skip`
 * @returns from branch and shortcut to the layer
 * @throws ShapeError, from `plan`, if the join cannot take the two shapes
 * @throws VariablesError, from `plan`, if the branch's tree is an array or has a `shortcut` already
 * @see He et al., "Deep residual learning for image recognition" (2015), equation 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { projected, sequential, sum } from '@resfn/layer'
 *
 * const branch = sequential({ conv1: conv2d({ out: 8, size: 3, stride: 2 }) })
 * const block = projected(sum)(branch, conv2d({ out: 8, size: 1, stride: 2 }))
 * assert.deepEqual(Object.keys(block.plan([8, 8, 3]).params), ['conv1', 'shortcut'])
 * ```
 */
export const projected =
  (join: Join) =>
  <B extends AnyLayer, C extends AnyLayer>(branch: B, shortcut: C): Projected<B, C> => {
    const [inner, side] = [untyped(branch), untyped(shortcut)]
    const beside = <T>(f: () => T): T => within('shortcut', f)
    const layer: Layer<unknown, unknown> = {
      plan: (input) => {
        const main = inner.plan(input)
        const other = beside(() => side.plan(input))
        return {
          kind: main.parts.length > 0 ? join.kind : `${join.kind} ${main.kind}`,
          params: merged(main.params, other.params),
          state: merged(main.state, other.state),
          output: join.output({ shortcut: other.output, branch: main.output }),
          macs: main.macs + other.macs,
          parts: [...main.parts, { name: 'shortcut', plan: other }],
        }
      },
      apply: (params, x, state) => {
        const y = inner.apply(withoutShortcut(params), x, withoutShortcut(state))
        const kept = beside(() => side.apply(subtree(params, 'shortcut'), x, subtree(state, 'shortcut')))
        return join.apply([kept, y])
      },
      train: (params, x, key) => {
        const { y, seen } = inner.train(withoutShortcut(params), x, key)
        // No part of the branch has this name, so its key is nobody else's.
        const kept = beside(() => side.train(subtree(params, 'shortcut'), x, fold(key, 'shortcut')))
        return { y: join.apply([kept.y, y]), seen: merged(seen, kept.seen) }
      },
    }
    const { parts, on } = branch as AnyLayer
    const inside: Inside =
      on === undefined
        ? {
            parts: {
              layers: { ...parts?.layers, shortcut },
              make: ({ shortcut: other, ...others }) =>
                projected(join)(parts === undefined ? branch : parts.make(others), other!),
              inOrder: false,
            },
          }
        : madeOn(on, (other) => projected(join)(other, shortcut))
    return { ...layer, ...inside, layers: { branch, shortcut } } as Projected<B, C>
  }
