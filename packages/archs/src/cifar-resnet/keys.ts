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

/**
 * The keys of ResNet-9 of cifar10-fast: the names of the graph joined by "_".
 *
 * @see Page, `cifar10-fast/dawn.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { resnet9Keys } from '@resfn/archs/cifar-resnet/keys'
 *
 * assert.equal(keyOf('layer1.residual.res2.conv.weight', resnet9Keys), 'layer1_residual_res2_conv.weight')
 * ```
 */
export const resnet9Keys: KeyMap = [
  ['prep.conv', 'prep_conv'],
  ['prep.bn', 'prep_bn'],
  ['layer{s}.unit.conv', 'layer{s}_conv'],
  ['layer{s}.unit.bn', 'layer{s}_bn'],
  ['layer{s}.residual.res{r}.conv', 'layer{s}_residual_res{r}_conv'],
  ['layer{s}.residual.res{r}.bn', 'layer{s}_residual_res{r}_bn'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]
