import type { KeyMap } from '../key-map.ts'
import { averagedKeys } from '../resnet/keys.ts'

/**
 * The keys of timm's and the authors' ResNeSt: those of ResNet-D, with the attention beside its convolution.
 *
 * @see timm, `timm/models/resnest.py` and `timm/layers/split_attn.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { timmKeys } from '@resfn/archs/resnest/keys'
 *
 * assert.equal(keyOf('layer1.0.conv2.attention.fc1.bias', timmKeys), 'layer1.0.conv2.fc1.bias')
 * ```
 */
export const timmKeys: KeyMap = [
  ['conv2.attention.fc{j}', 'conv2.fc{j}'],
  ['conv2.attention.bn1', 'conv2.bn1'],
  ...averagedKeys,
]
