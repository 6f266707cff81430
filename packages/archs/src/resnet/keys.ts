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
