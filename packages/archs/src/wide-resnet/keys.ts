import type { KeyMap } from '../key-map.ts'

/**
 * The keys of the authors' wide ResNets: groups, convolutions and normalisations count from 0, and a filter has no name
 * of its own.
 *
 * @see szagoruyko, `wide-residual-networks/pytorch/resnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { wideResnetKeys } from '@resfn/archs/wide-resnet/keys'
 *
 * assert.equal(keyOf('layer1.0.conv2.weight', wideResnetKeys), 'group0.block0.conv1')
 * ```
 */
export const wideResnetKeys: KeyMap = [
  ['layer{s}.{i}.norm{j}', 'group{s-1}.block{i}.bn{j-1}'],
  ['layer{s}.{i}.conv{j}.weight', 'group{s-1}.block{i}.conv{j-1}'],
  ['layer{s}.{i}.shortcut.conv.weight', 'group{s-1}.block{i}.convdim'],
  ['conv1.weight', 'conv0'],
  ['norm', 'bn'],
  ['mean', 'running_mean'],
  ['variance', 'running_var'],
]
