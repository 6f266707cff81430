import type { KeyMap } from '../key-map.ts'
import { averagedKeys, torchvisionKeys } from '../resnet/keys.ts'

const selective: KeyMap = [
  ['paths.path{p}', 'paths.{p}'],
  ['attn.fc1.weight', 'attn.fc_reduce.weight@4'],
  ['attn.fc2.weight', 'attn.fc_select.weight@4'],
]

/**
 * The keys of timm's SK-ResNets: those of its ResNets, with numbers for the paths and words for the scores.
 *
 * @see timm, `timm/layers/selective_kernel.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { sknetKeys } from '@resfn/archs/sknet/keys'
 *
 * assert.equal(keyOf('layer1.0.conv1.paths.path1.bn.mean', sknetKeys), 'layer1.0.conv1.paths.1.bn.running_mean')
 * ```
 */
export const sknetKeys: KeyMap = [...selective, ...torchvisionKeys]

/** The keys of timm's SK-ResNets with averaging shortcuts, such as `skresnet50d`. */
export const averagedSknetKeys: KeyMap = [...selective, ...averagedKeys]

const unit = 'features.stage{s}.unit{i+1}'

/**
 * The keys of pytorchcv's SKNets.
 *
 * @see pytorchcv, `pytorchcv/models/sknet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { pytorchcvSknetKeys } from '@resfn/archs/sknet/keys'
 *
 * const key = 'features.stage1.unit1.body.conv2.branches.branch2.conv.weight'
 * assert.equal(keyOf('layer1.0.conv2.paths.path0.conv.weight', pytorchcvSknetKeys), key)
 * ```
 */
export const pytorchcvSknetKeys: KeyMap = [
  ['^conv1', 'features.init_block.conv.conv'],
  ['^bn1', 'features.init_block.conv.bn'],
  ['layer{s}.{i}.conv2.paths.path{p}', `${unit}.body.conv2.branches.branch{p+2}`],
  ['layer{s}.{i}.conv2.attn.fc1.weight', `${unit}.body.conv2.fc1.conv.weight@4`],
  ['layer{s}.{i}.conv2.attn.bn', `${unit}.body.conv2.fc1.bn`],
  ['layer{s}.{i}.conv2.attn.fc2.weight', `${unit}.body.conv2.fc2.weight@4`],
  ['layer{s}.{i}.conv{j}', `${unit}.body.conv{j}`],
  ['layer{s}.{i}.shortcut', `${unit}.identity_conv`],
  ['^fc', 'output'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]
