import type { KeyMap } from '../key-map.ts'

const [unit, bam] = ['features.stage{s}.unit{i+1}.res_unit', 'features.stage{s+1}.unit1.bam']

/**
 * The keys of pytorchcv's BAM-ResNets, in which an attention belongs to the stage after it.
 *
 * @see pytorchcv, `pytorchcv/models/bamresnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { bamResnetKeys } from '@resfn/archs/bam-resnet/keys'
 *
 * assert.equal(keyOf('bam1.channel.fc2.bias', bamResnetKeys), 'features.stage2.unit1.bam.ch_att.final_fc.bias')
 * ```
 */
export const bamResnetKeys: KeyMap = [
  ['^conv1', 'features.init_block.conv.conv'],
  ['^bn1', 'features.init_block.conv.bn'],
  ['layer{s}.{i}.conv{j}', `${unit}.body.conv{j}.conv`],
  ['layer{s}.{i}.bn{j}', `${unit}.body.conv{j}.bn`],
  ['layer{s}.{i}.shortcut', `${unit}.identity_conv`],
  ['bam{s}.channel.fc1', `${bam}.ch_att.init_fc.fc`],
  ['bam{s}.channel.bn1', `${bam}.ch_att.init_fc.bn`],
  ['bam{s}.channel.fc2', `${bam}.ch_att.final_fc`],
  ['bam{s}.spatial.conv1', `${bam}.sp_att.init_conv.conv`],
  ['bam{s}.spatial.bn1', `${bam}.sp_att.init_conv.bn`],
  ['bam{s}.spatial.conv4', `${bam}.sp_att.final_conv`],
  ['bam{s}.spatial.conv{j}', `${bam}.sp_att.dil_convs.conv{j-1}.conv`],
  ['bam{s}.spatial.bn{j}', `${bam}.sp_att.dil_convs.conv{j-1}.bn`],
  ['^fc', 'output'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]
