import type { KeyMap } from '../key-map.ts'

const rest: KeyMap = [
  ['transition{t}', 'features.transition{t}'],
  ['^conv{j}', 'features.conv{j}'],
  ['^norm{j}', 'features.norm{j}'],
  ['fc', 'classifier'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]

/**
 * The keys of torchvision's and timm's DenseNets: everything but the head is in `features`, and the layers of a block
 * are named from 1.
 *
 * @see torchvision, `torchvision/models/densenet.py`; timm, `timm/models/densenet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { torchvisionKeys } from '@resfn/archs/densenet/keys'
 *
 * assert.equal(keyOf('denseblock1.0.norm1.mean', torchvisionKeys), 'features.denseblock1.denselayer1.norm1.running_mean')
 * ```
 */
export const torchvisionKeys: KeyMap = [['denseblock{b}.{i}', 'features.denseblock{b}.denselayer{i+1}'], ...rest]

/**
 * The keys of the `.pth` files that PyTorch published: the number of a layer's part stands behind a dot.
 *
 * @see torchvision, `torchvision/models/densenet.py`, `_load_state_dict`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { pthKeys } from '@resfn/archs/densenet/keys'
 *
 * assert.equal(keyOf('denseblock1.0.conv2.weight', pthKeys), 'features.denseblock1.denselayer1.conv.2.weight')
 * ```
 */
export const pthKeys: KeyMap = [
  ['denseblock{b}.{i}.norm{j}', 'features.denseblock{b}.denselayer{i+1}.norm.{j}'],
  ['denseblock{b}.{i}.conv{j}', 'features.denseblock{b}.denselayer{i+1}.conv.{j}'],
  ...rest,
]
