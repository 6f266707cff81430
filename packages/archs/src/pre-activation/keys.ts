import type { KeyMap } from '../key-map.ts'

const statistics: KeyMap = [
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]

/**
 * The keys of timm's `resnetv2_*`: stages and blocks are counted from 0, and the head is a 1x1 convolution.
 *
 * @see timm, `timm/models/resnetv2.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { resnetv2Keys } from '@resfn/archs/pre-activation/keys'
 *
 * assert.equal(keyOf('layer1.0.shortcut.conv.weight', resnetv2Keys), 'stages.0.blocks.0.downsample.conv.weight')
 * ```
 */
export const resnetv2Keys: KeyMap = [
  ['layer{s}.{i}', 'stages.{s-1}.blocks.{i}'],
  ['shortcut', 'downsample'],
  ['fc.weight', 'head.fc.weight@4'],
  ['fc', 'head.fc'],
  ...statistics,
]

/**
 * The keys of the files that BiT was released in (`.npz`): the three convolutions of a unit are `a`, `b` and `c`.
 *
 * @see Kolesnikov et al., "Big transfer" (2019), the authors' code; timm, `timm/models/resnetv2.py`, `_load_weights`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { bitKeys } from '@resfn/archs/pre-activation/keys'
 *
 * assert.equal(keyOf('layer1.0.norm2.bias', bitKeys), 'resnet/block1/unit01/b/group_norm/beta')
 * ```
 */
export const bitKeys: KeyMap = [
  ['^stem.conv.weight', 'resnet/root_block/standardized_conv2d/kernel'],
  ...(['a', 'b', 'c'] as const).flatMap((letter, index): KeyMap => {
    const [ours, theirs] = ['layer{s}.{i}', `resnet/block{s}/unit{i+1:02}/${letter}`]
    return [
      [`${ours}.conv${index + 1}.weight`, `${theirs}/standardized_conv2d/kernel`],
      [`${ours}.norm${index + 1}.weight`, `${theirs}/group_norm/gamma`],
      [`${ours}.norm${index + 1}.bias`, `${theirs}/group_norm/beta`],
    ]
  }),
  ['layer{s}.{i}.shortcut.conv.weight', 'resnet/block{s}/unit{i+1:02}/a/proj/standardized_conv2d/kernel'],
  ['^norm.weight', 'resnet/group_norm/gamma'],
  ['^norm.bias', 'resnet/group_norm/beta'],
  ['fc.weight', 'resnet/head/conv2d/kernel@4'],
  ['fc.bias', 'resnet/head/conv2d/bias'],
]

/**
 * The keys of kuangliu's `PreActResNet`: normalisations are called `bn`, and the head `linear`.
 *
 * @see kuangliu, `pytorch-cifar/models/preact_resnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { kuangliuPreActivationKeys } from '@resfn/archs/pre-activation/keys'
 *
 * assert.equal(keyOf('layer2.0.norm1.mean', kuangliuPreActivationKeys), 'layer2.0.bn1.running_mean')
 * ```
 */
export const kuangliuPreActivationKeys: KeyMap = [
  ['norm{j}', 'bn{j}'],
  ['shortcut.conv', 'shortcut.0'],
  ['fc', 'linear'],
  ...statistics,
]
