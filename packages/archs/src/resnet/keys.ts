import { kerasLayer, kerasNorm } from '../keras-keys.ts'
import type { KeyMap } from '../key-map.ts'

/**
 * The keys of torchvision's and timm's ResNets: ours, with the shortcut as `downsample` and the names of the running
 * statistics. The batches are not counted.
 *
 * @see torchvision, `torchvision/models/resnet.py`; timm, `timm/models/resnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { torchvisionKeys } from '@resfn/archs/resnet/keys'
 *
 * assert.equal(keyOf('layer1.0.conv1.weight', torchvisionKeys), 'layer1.0.conv1.weight')
 * ```
 */
export const torchvisionKeys: KeyMap = [
  ['shortcut.conv', 'downsample.0'],
  ['shortcut.bn', 'downsample.1'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]

/**
 * The keys of timm's ResNets of the variants D, E, T and RS: those whose shortcuts average first, which shifts the
 * indices.
 *
 * @see timm, `timm/models/resnet.py`, `downsample_avg`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { averagedKeys } from '@resfn/archs/resnet/keys'
 *
 * assert.equal(keyOf('layer2.0.shortcut.conv.weight', averagedKeys), 'layer2.0.downsample.1.weight')
 * ```
 */
export const averagedKeys: KeyMap = [
  ['shortcut.conv', 'downsample.1'],
  ['shortcut.bn', 'downsample.2'],
  ['down.conv', 'maxpool.0'],
  ['down.bn', 'maxpool.1'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]

/**
 * The keys of the ResNets of Hugging Face's transformers, such as `microsoft/resnet-50`.
 *
 * @see transformers, `models/resnet/modeling_resnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { transformersKeys } from '@resfn/archs/resnet/keys'
 *
 * const key = keyOf('layer1.0.bn2.mean', transformersKeys)
 * assert.equal(key, 'resnet.encoder.stages.0.layers.0.layer.1.normalization.running_mean')
 * ```
 */
export const transformersKeys: KeyMap = [
  ['^conv1', 'resnet.embedder.embedder.convolution'],
  ['^bn1', 'resnet.embedder.embedder.normalization'],
  ['layer{s}.{i}.conv{j}', 'resnet.encoder.stages.{s-1}.layers.{i}.layer.{j-1}.convolution'],
  ['layer{s}.{i}.bn{j}', 'resnet.encoder.stages.{s-1}.layers.{i}.layer.{j-1}.normalization'],
  ['layer{s}.{i}.shortcut.conv', 'resnet.encoder.stages.{s-1}.layers.{i}.shortcut.convolution'],
  ['layer{s}.{i}.shortcut.bn', 'resnet.encoder.stages.{s-1}.layers.{i}.shortcut.normalization'],
  ['^fc', 'classifier.1'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]

/**
 * The keys of the ResNets of Keras applications: the paths of their variables.
 *
 * @see Keras, `keras/src/applications/resnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { kerasKeys } from '@resfn/archs/resnet/keys'
 *
 * assert.equal(keyOf('layer1.0.shortcut.conv.weight', kerasKeys), 'conv2_block1_0_conv/kernel')
 * ```
 */
export const kerasKeys: KeyMap = [
  ...kerasLayer('^conv1', 'conv1_conv'),
  ...kerasNorm('^bn1', 'conv1_bn'),
  ...kerasLayer('layer{s}.{i}.shortcut.conv', 'conv{s+1}_block{i+1}_0_conv'),
  ...kerasNorm('layer{s}.{i}.shortcut.bn', 'conv{s+1}_block{i+1}_0_bn'),
  // Not {j}, because 0 is the shortcut.
  ...[1, 2, 3].flatMap((j): KeyMap => [
    ...kerasLayer(`layer{s}.{i}.conv${j}`, `conv{s+1}_block{i+1}_${j}_conv`),
    ...kerasNorm(`layer{s}.{i}.bn${j}`, `conv{s+1}_block{i+1}_${j}_bn`),
  ]),
  ...kerasLayer('^fc', 'predictions'),
]
