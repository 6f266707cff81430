import type { KeyMap } from '../key-map.ts'

const unit = 'features.stage{s}.unit{i+1}'

/**
 * The keys of pytorchcv's CBAM-ResNets.
 *
 * @see pytorchcv, `pytorchcv/models/cbamresnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { cbamResnetKeys } from '@resfn/archs/cbam-resnet/keys'
 *
 * const key = 'features.stage1.unit1.cbam.ch_gate.mlp.fc1.weight'
 * assert.equal(keyOf('layer1.0.se.channel.fc1.weight', cbamResnetKeys), key)
 * ```
 */
export const cbamResnetKeys: KeyMap = [
  ['^conv1', 'features.init_block.conv.conv'],
  ['^bn1', 'features.init_block.conv.bn'],
  ['layer{s}.{i}.conv{j}', `${unit}.body.conv{j}.conv`],
  ['layer{s}.{i}.bn{j}', `${unit}.body.conv{j}.bn`],
  ['layer{s}.{i}.shortcut', `${unit}.identity_conv`],
  ['layer{s}.{i}.se.channel', `${unit}.cbam.ch_gate.mlp`],
  ['layer{s}.{i}.se.spatial', `${unit}.cbam.sp_gate`],
  ['^fc', 'output'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]
