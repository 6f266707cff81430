/**
 * How our tree paths differ from the keys of published checkpoints: pairs of path segments, ours and theirs, that stand
 * for each other wherever they occur. All other segments are the same on both sides.
 */
export type KeyMap = readonly (readonly [ours: string, theirs: string])[]

const rename = (path: string, pairs: KeyMap, from: 0 | 1): string =>
  pairs
    .reduce((text, pair) => text.replaceAll(`.${pair[from]}.`, `.${pair[from === 0 ? 1 : 0]}.`), `.${path}.`)
    .slice(1, -1)

/**
 * The published key of a tree path: `layer2.0.shortcut.conv.weight` is `layer2.0.downsample.0.weight` in torchvision.
 *
 * @param path a path of a tree of parameters or state
 * @param keys the map of the family
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { torchvisionKeys } from '@resfn/archs/resnet/keys'
 *
 * assert.equal(keyOf('layer2.0.shortcut.bn.mean', torchvisionKeys), 'layer2.0.downsample.1.running_mean')
 * ```
 */
export const keyOf = (path: string, keys: KeyMap): string => rename(path, keys, 0)

/**
 * The tree path of a published key, the inverse of `keyOf`.
 *
 * @param key a key of a checkpoint
 * @param keys the map of the family
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pathOf } from '@resfn/archs'
 * import { torchvisionKeys } from '@resfn/archs/resnet/keys'
 *
 * assert.equal(pathOf('layer1.0.bn1.running_var', torchvisionKeys), 'layer1.0.bn1.variance')
 * ```
 */
export const pathOf = (key: string, keys: KeyMap): string => rename(key, keys, 1)
