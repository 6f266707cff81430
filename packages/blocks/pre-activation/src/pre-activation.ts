import {
  type AnyLayer,
  type Empty,
  graph,
  type Graph,
  type Layer,
  type Layers,
  lift,
  sequential,
  type Sequential,
  sum,
} from '@resfn/layer'

/** The pre-activation unit with the parts of a branch and the shortcut `C`. */
export type PreActivation<R extends Layers, C extends AnyLayer> = Graph<
  R & { readonly shortcut: C; readonly sum: Layer<Empty> }
>

/** A branch: a layer of named parts, as `sequential` makes it. */
export type Branch<R extends Layers = Layers> = AnyLayer & { readonly layers: R }

/** The names of a branch's parts, and how many stand before its first convolution. */
const beforeConv1 = ({ layers }: Branch): { readonly names: readonly string[]; readonly count: number } => {
  const names = Object.keys(layers)
  const count = names.indexOf('conv1')
  if (count < 0)
    throw new RangeError(
      `preActivation: the branch has no part "conv1" but ${names.join(', ')}; call its first convolution conv1`,
    )
  return { names, count }
}

const same: Layer<Empty> = lift((x) => x, { kind: 'sum' })

/**
 * The pre-activation unit where channels or size change: `u = act(norm1(x)); y = shortcut(u) + branch(u)`. What stands
 * before the branch's first convolution is shared by both paths, so the shortcut is a bare 1x1 convolution; units that
 * keep the shape keep x itself, `identityAdd(branch)`.
 *
 * @param branch a pre-activation branch; its parts before `conv1` are shared
 * @param shortcut a layer of the same output shape
 * @returns the layer, with the trees of the branch and one more name, `shortcut`
 * @throws RangeError if the branch has no part called `conv1`
 * @throws ShapeError, from `plan`, if branch and shortcut differ in shape
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 4.1, and the authors' code,
 * `both_preact`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { preActivation, preActivationBranch } from '@resfn/pre-activation'
 * import { projection } from '@resfn/projected-add'
 *
 * const unit = preActivation(preActivationBranch({ out: 32, stride: 2 }), projection({ out: 32, stride: 2 }))
 * assert.deepEqual(unit.plan([32, 32, 16]).output, [16, 16, 32])
 * assert.deepEqual(Object.keys(unit.plan([32, 32, 16]).params), ['norm1', 'conv1', 'norm2', 'conv2', 'shortcut'])
 * ```
 */
export const preActivation = <R extends Layers, C extends AnyLayer>(
  branch: Branch<R>,
  shortcut: C,
): PreActivation<R, C> => {
  const { names, count } = beforeConv1(branch)
  return graph(
    { ...branch.layers, shortcut, sum: same },
    { shortcut: names[count - 1] ?? 'input', sum: { join: sum, of: ['shortcut', names.at(-1)!] } },
  )
}

/**
 * A branch from its first convolution on, for a unit whose input is an activation already: the first of a net whose
 * stem ends with one.
 *
 * @param branch a pre-activation branch
 * @throws RangeError if the branch has no part called `conv1`
 * @see the authors' ImageNet code (fb.resnet.torch), `no_preact`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { preActivationBranch, withoutPreActivation } from '@resfn/pre-activation'
 *
 * const branch = withoutPreActivation(preActivationBranch({ out: 64 }))
 * assert.deepEqual(Object.keys(branch.layers), ['conv1', 'norm2', 'act2', 'conv2'])
 * ```
 */
export const withoutPreActivation = <R extends Layers>(branch: Branch<R>): Sequential<Omit<R, 'norm1' | 'act1'>> => {
  const { count } = beforeConv1(branch)
  const from: Layers = Object.fromEntries(Object.entries(branch.layers).slice(count))
  return sequential(from) as unknown as Sequential<Omit<R, 'norm1' | 'act1'>>
}
