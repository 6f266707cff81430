import type { KeyMap, KeyPair } from '../key-map.ts'

const inBlock = (ours: string, theirs: string): KeyPair => [
  `layer{s}.{i}.${ours}`,
  `stage_{s}.stage_{s}_bottleneck_{i}.${theirs}`,
]

/**
 * The keys of the ResNeXts for CIFAR of prlz77, which bearpaw's have too: each block names its stage, and the
 * convolutions say what they are for. Those for ImageNet have the keys of the ResNets.
 *
 * @see prlz77, `ResNeXt.pytorch/models/model.py`; bearpaw, `pytorch-classification/models/cifar/resnext.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { prlz77Keys } from '@resfn/archs/resnext/keys'
 *
 * const key = 'stage_2.stage_2_bottleneck_0.conv_reduce.weight'
 * assert.equal(keyOf('layer2.0.conv1.weight', prlz77Keys), key)
 * ```
 */
export const prlz77Keys: KeyMap = [
  inBlock('conv1', 'conv_reduce'),
  inBlock('bn1', 'bn_reduce'),
  inBlock('conv2', 'conv_conv'),
  inBlock('bn2', 'bn'),
  inBlock('conv3', 'conv_expand'),
  inBlock('bn3', 'bn_expand'),
  inBlock('shortcut.conv', 'shortcut.shortcut_conv'),
  inBlock('shortcut.bn', 'shortcut.shortcut_bn'),
  ['conv1', 'conv_1_3x3'],
  ['bn1', 'bn_1'],
  ['fc', 'classifier'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]
