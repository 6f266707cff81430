import { describe, expect, it } from 'vitest'
import { type Spec, summary } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { keyOf, rankOf } from '../key-map.ts'
import { cifarPreActivationResnet, kuangliuPreActivationResnet, preActivationResnet, resnetv2 } from './index.ts'
import { bitKeys, kuangliuPreActivationKeys, resnetv2Keys } from './keys.ts'
import { preActivationNets } from './nets.ts'

const keysOf = (name: string): readonly string[] => {
  const { make, input, classes, keys } = preActivationNets[name]!
  const { params, state } = make({ classes }).plan(input)
  return [...flatten<Spec>(params), ...flatten<Spec>(state)].map(({ path }) => keyOf(path, Object.values(keys!)[0]!))
}

describe('a pre-activation net', () => {
  it('has 23,130 parameters more with 100 classes than with 10', () => {
    const count = (classes: number): number =>
      summary(cifarPreActivationResnet({ depth: 164, units: 'bottleneck', classes }), [32, 32, 3]).params
    expect([count(10), count(100)]).toEqual([1703258, 1726388])
  })

  it('has no activation before its first unit but that unit’s own, or the other way round', () => {
    const begin = (name: string): readonly string[] =>
      keysOf(name)
        .filter((key) => key.endsWith('weight'))
        .slice(0, 3)
    expect(begin('resnetv2_18')).toEqual([
      'stem.conv.weight',
      'stages.0.blocks.0.norm1.weight',
      'stages.0.blocks.0.conv1.weight',
    ])
    expect(begin('preactresnet18')).toEqual(['conv1.weight', 'bn1.weight', 'layer1.0.conv1.weight'])
  })

  it('projects in the first bottleneck of each stage, and in basic units only where the shape changes', () => {
    const projected = (name: string): readonly string[] => keysOf(name).filter((key) => key.includes('downsample'))
    expect(projected('resnetv2_50')).toEqual([0, 1, 2, 3].map((s) => `stages.${s}.blocks.0.downsample.conv.weight`))
    expect(projected('resnetv2_18d')).toEqual([1, 2, 3].map((s) => `stages.${s}.blocks.0.downsample.conv.weight`))
  })

  it('has the 300 keys of timm for resnetv2_50, the counters of batches included', () => {
    const keys = keysOf('resnetv2_50')
    expect(keys.length + keys.filter((key) => key.endsWith('running_mean')).length).toBe(300)
    expect(rankOf('fc.weight', resnetv2Keys)).toBe(4)
  })

  it('has the keys of BiT’s own files, and no running statistics', () => {
    const { make, input, classes } = preActivationNets['resnetv2_50x1_bit']!
    const { params, state } = make({ classes }).plan(input)
    expect(flatten(state)).toEqual([])
    const keys = flatten<Spec>(params).map(({ path }) => keyOf(path, bitKeys))
    expect(keys.every((key) => key.startsWith('resnet/'))).toBe(true)
    expect(keys).toContain('resnet/block4/unit03/c/standardized_conv2d/kernel')
    expect(keys).toContain('resnet/block1/unit01/a/proj/standardized_conv2d/kernel')
    expect(keys.slice(-2)).toEqual(['resnet/head/conv2d/kernel', 'resnet/head/conv2d/bias'])
  })

  it('has no normalisation after the last unit where kuangliu has none', () => {
    const keys = keysOf('cifar-kuangliu-preactresnet18')
    expect(keys.slice(0, 3)).toEqual(['conv1.weight', 'layer1.0.bn1.weight', 'layer1.0.bn1.bias'])
    expect(keys).toContain('layer2.0.shortcut.0.weight')
    expect(keys.filter((key) => !key.startsWith('layer'))).toEqual(['conv1.weight', 'linear.weight', 'linear.bias'])
    expect(keyOf('layer1.0.norm1.variance', kuangliuPreActivationKeys)).toBe('layer1.0.bn1.running_var')
  })

  it('says which depths there are', () => {
    const depth = 17 as 18
    for (const make of [resnetv2, preActivationResnet, kuangliuPreActivationResnet])
      expect(() => make({ depth, classes: 10 })).toThrow(/: depth must be one of 10, 14, 18, 26, 34, 50, .*, not 17/)
    expect(() => cifarPreActivationResnet({ depth: 112, units: 'bottleneck', classes: 10 })).toThrow(
      'cifarPreActivationResnet: depth must be 9n + 2 with bottleneck units, not 112',
    )
  })
})
