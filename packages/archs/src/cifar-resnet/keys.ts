import type { KeyMap } from '../key-map.ts'

/**
 * The keys of akamaster's ResNets for CIFAR, and of kuangliu's: the shortcut is a list, and the head is `linear`.
 *
 * @see akamaster, `pytorch_resnet_cifar10/resnet.py`; kuangliu, `pytorch-cifar/models/resnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { akamasterKeys } from '@resfn/archs/cifar-resnet/keys'
 *
 * assert.equal(keyOf('layer2.0.shortcut.conv.weight', akamasterKeys), 'layer2.0.shortcut.0.weight')
 * assert.equal(keyOf('fc.bias', akamasterKeys), 'linear.bias')
 * ```
 */
export const akamasterKeys: KeyMap = [
  ['shortcut.conv', 'shortcut.0'],
  ['shortcut.bn', 'shortcut.1'],
  ['^fc', 'linear'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]
