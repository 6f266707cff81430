import { kerasLayer, kerasNorm } from '../keras-keys.ts'
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

/**
 * The keys of the DenseNets of Keras applications: the paths of their variables.
 *
 * @see Keras, `keras/src/applications/densenet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { kerasKeys } from '@resfn/archs/densenet/keys'
 *
 * assert.equal(keyOf('denseblock1.0.norm2.mean', kerasKeys), 'conv2_block1_1_bn/moving_mean')
 * ```
 */
export const kerasKeys: KeyMap = [
  ...kerasLayer('^conv0', 'conv1_conv'),
  ...kerasNorm('^norm0', 'conv1_bn'),
  ...kerasNorm('denseblock{b}.{i}.norm1', 'conv{b+1}_block{i+1}_0_bn'),
  ...kerasLayer('denseblock{b}.{i}.conv1', 'conv{b+1}_block{i+1}_1_conv'),
  ...kerasNorm('denseblock{b}.{i}.norm2', 'conv{b+1}_block{i+1}_1_bn'),
  ...kerasLayer('denseblock{b}.{i}.conv2', 'conv{b+1}_block{i+1}_2_conv'),
  ...kerasNorm('transition{t}.norm', 'pool{t+1}_bn'),
  ...kerasLayer('transition{t}.conv', 'pool{t+1}_conv'),
  ...kerasNorm('^norm5', 'bn'),
  ...kerasLayer('^fc', 'predictions'),
]
