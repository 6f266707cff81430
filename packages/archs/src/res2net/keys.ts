import type { KeyMap } from '../key-map.ts'
import { averagedKeys, torchvisionKeys } from '../resnet/keys.ts'

const scales: KeyMap = [
  ['conv2.scale{i+1}.conv', 'convs.{i}'],
  ['conv2.scale{i+1}.bn', 'bns.{i}'],
]

/**
 * The keys of timm's and the authors' Res2Net: those of ResNet, with lists of the convolutions and normalisations of
 * the scales.
 *
 * @see timm, `timm/models/res2net.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { timmKeys } from '@resfn/archs/res2net/keys'
 *
 * assert.equal(keyOf('layer1.0.conv2.scale1.conv.weight', timmKeys), 'layer1.0.convs.0.weight')
 * ```
 */
export const timmKeys: KeyMap = [...scales, ...torchvisionKeys]

/**
 * The keys of `res2net50d` and `res2net101d`, whose shortcuts average first.
 *
 * @see timm, `timm/models/res2net.py`
 */
export const timmAveragedKeys: KeyMap = [...scales, ...averagedKeys]
