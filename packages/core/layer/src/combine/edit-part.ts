import { nearest } from '@resfn/options'
import { type AnyLayer, type Layer, untyped } from '../contract/layer.ts'
import { PathError, within } from '../contract/path-error.ts'
import { shaped } from './shaped.ts'

const missing = (name: string, names: readonly string[]): PathError => {
  const near = nearest(name, names)
  return new PathError(
    name,
    `there is no such part; ${near.length === 0 ? `the parts here are ${names.join(', ')}` : `did you mean ${near.join(' or ')}?`}`,
  )
}

const editAt = (layer: AnyLayer, path: readonly string[], edit: (part: AnyLayer) => AnyLayer): AnyLayer => {
  const [name, ...rest] = path
  if (name === undefined) return edit(layer)
  const { parts, on } = layer
  if (on !== undefined) return shaped((input) => untyped(editAt(on(input), path, edit)))
  if (parts === undefined) throw new PathError(name, 'there is no such part: what stands here has no parts with names')
  const part = Object.hasOwn(parts.layers, name) ? parts.layers[name] : undefined
  if (part === undefined) throw missing(name, Object.keys(parts.layers))
  return parts.make({ ...parts.layers, [name]: within(name, () => editAt(part, rest, edit)) })
}

/**
 * The net with another layer in the place of one of its parts. The paths are those of a summary and of the trees:
 * `layer1.0.conv1`.
 *
 * @param net any layer made of combinators
 * @param path the names that lead to the part, joined by "."
 * @param edit from the part to the layer that stands there instead
 * @returns a net whose trees are those of the new parts, so they are known at run time only
 * @throws PathError if there is no part at the path, with the nearest names: at once, or from `plan` and `apply` where
 * only the shape of an input makes the parts
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { editPart, sequential } from '@resfn/layer'
 *
 * const net = sequential({ hidden: dense({ out: 8 }), fc: dense({ out: 10 }) })
 * assert.deepEqual(editPart(net, 'fc', () => dense({ out: 3 })).plan([4]).output, [3])
 * assert.throws(() => editPart(net, 'hiden', (part) => part), /hiden: there is no such part; did you mean hidden\?/)
 * ```
 */
export const editPart = (net: AnyLayer, path: string, edit: (part: AnyLayer) => AnyLayer): Layer<unknown, unknown> =>
  untyped(editAt(net, path === '' ? [] : path.split('.'), edit))

/**
 * The paths of the parts of a net, outer ones before their own parts, in the order they run. Parts that only the shape
 * of an input makes are not among them.
 *
 * @param net any layer
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { partPaths, repeat, sequential } from '@resfn/layer'
 *
 * const net = sequential({ hidden: repeat([dense({ out: 8 }), dense({ out: 8 })]), fc: dense({ out: 10 }) })
 * assert.deepEqual(partPaths(net), ['hidden', 'hidden.0', 'hidden.1', 'fc'])
 * ```
 */
export const partPaths = (net: AnyLayer): readonly string[] =>
  Object.entries(net.parts?.layers ?? {}).flatMap(([name, part]) => [
    name,
    ...partPaths(part).map((path) => `${name}.${path}`),
  ])

/**
 * The net with `edit` of each of its layers that are not made of others, wherever they are: also of those that only the
 * shape of an input makes.
 *
 * @param net any layer made of combinators
 * @param edit from a layer to the one that stands there instead; it may give the same one
 * @returns a net whose trees are those of the new layers, so they are known at run time only
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { editLayers, repeat, sequential } from '@resfn/layer'
 *
 * const net = sequential({ hidden: repeat([dense({ out: 8 }), dense({ out: 8 })]) })
 * assert.deepEqual(editLayers(net, () => dense({ out: 3 })).plan([4]).output, [3])
 * ```
 */
export const editLayers = (net: AnyLayer, edit: (layer: AnyLayer) => AnyLayer): Layer<unknown, unknown> => {
  const edited = (layer: AnyLayer): AnyLayer => {
    const { parts, on } = layer
    if (on !== undefined) return shaped((input) => untyped(edited(on(input))))
    if (parts === undefined) return edit(layer)
    return parts.make(Object.fromEntries(Object.entries(parts.layers).map(([name, part]) => [name, edited(part)])))
  }
  return untyped(edited(net))
}
