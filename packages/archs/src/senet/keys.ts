import type { KeyMap } from '../key-map.ts'

/**
 * What squeeze-and-excitation adds to the keys of timm: its matrices are 1x1 convolutions there.
 *
 * @see timm, `timm/layers/squeeze_excite.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rankOf } from '@resfn/archs'
 * import { torchvisionKeys } from '@resfn/archs/resnet/keys'
 * import { squeezeKeys } from '@resfn/archs/senet/keys'
 *
 * assert.equal(rankOf('layer1.0.se.fc1.weight', [...squeezeKeys, ...torchvisionKeys]), 4)
 * ```
 */
export const squeezeKeys: KeyMap = [['se.fc{j}.weight', 'se.fc{j}.weight@4']]

const legacy: KeyMap = [
  ['se.fc{j}.weight', 'se_module.fc{j}.weight@4'],
  ['se', 'se_module'],
  ['^fc', 'last_linear'],
  ['shortcut.conv', 'downsample.0'],
  ['shortcut.bn', 'downsample.1'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]

/**
 * The keys of the first SE-ResNets and SE-ResNeXts for PyTorch, Cadene's, which timm calls `legacy_`: the stem is
 * `layer0`, the attention `se_module`, the head `last_linear`.
 *
 * @see timm, `timm/models/senet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { legacySenetKeys } from '@resfn/archs/senet/keys'
 *
 * assert.equal(keyOf('layer1.0.se.fc1.weight', legacySenetKeys), 'layer1.0.se_module.fc1.weight')
 * assert.equal(keyOf('bn1.mean', legacySenetKeys), 'layer0.bn1.running_mean')
 * ```
 */
export const legacySenetKeys: KeyMap = [['^conv1', 'layer0.conv1'], ['^bn1', 'layer0.bn1'], ...legacy]

/**
 * The keys of Cadene's SENet-154: those of the smaller nets, and the three convolutions of the stem counted from 1.
 *
 * @see timm, `timm/models/senet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { legacySenet154Keys } from '@resfn/archs/senet/keys'
 *
 * assert.equal(keyOf('conv1.3.weight', legacySenet154Keys), 'layer0.conv2.weight')
 * ```
 */
export const legacySenet154Keys: KeyMap = [
  ['^conv1.0', 'layer0.conv1'],
  ['^conv1.1', 'layer0.bn1'],
  ['^conv1.3', 'layer0.conv2'],
  ['^conv1.4', 'layer0.bn2'],
  ['^conv1.6', 'layer0.conv3'],
  ['^bn1', 'layer0.bn3'],
  ...legacy,
]

const unit = 'features.stage{s}.unit{i+1}'

/**
 * The keys of pytorchcv's SE-ResNets for CIFAR.
 *
 * @see pytorchcv, `pytorchcv/models/seresnet_cifar.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { cifarSenetKeys } from '@resfn/archs/senet/keys'
 *
 * assert.equal(keyOf('layer1.0.se.fc1.bias', cifarSenetKeys), 'features.stage1.unit1.se.conv1.bias')
 * ```
 */
export const cifarSenetKeys: KeyMap = [
  ['^conv1', 'features.init_block.conv'],
  ['^bn1', 'features.init_block.bn'],
  ['layer{s}.{i}.conv{j}', `${unit}.body.conv{j}.conv`],
  ['layer{s}.{i}.bn{j}', `${unit}.body.conv{j}.bn`],
  ['layer{s}.{i}.shortcut', `${unit}.identity_conv`],
  ['layer{s}.{i}.se.fc{j}.weight', `${unit}.se.conv{j}.weight@4`],
  ['layer{s}.{i}.se.fc{j}', `${unit}.se.conv{j}`],
  ['^fc', 'output'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]
