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
  // The published counts of timm and pytorchcv; those of kuangliu's nets are counted from his code.
  it.each([
    ['resnetv2_18', 11687720, 1.814],
    ['resnetv2_34', 21795880, 3.664],
    ['resnetv2_50', 25549352, 4.089],
    ['resnetv2_101', 44541480, 7.801],
    ['resnetv2_152', 60185128, 11.514],
    ['resnetv2_50x1_bit', 25549352, 4.089],
    ['resnetv2_50x3_bit', 217319080, 36.082],
    ['resnetv2_101x1_bit', 44541480, 7.801],
    ['resnetv2_101x3_bit', 387934888, 69.492],
    ['resnetv2_152x2_bit', 236335208, 45.814],
    ['resnetv2_152x4_bit', 936533224, 182.777],
    ['preactresnet18', 11687720, 1.814],
    ['preactresnet50', 25549352, 4.089],
    ['preactresnet200', 64666152, 15.007],
    ['cifar-preactresnet20', 272282, 0.041],
    ['cifar-preactresnet56', 855578, 0.126],
    ['cifar-preactresnet110', 1730522, 0.253],
    ['cifar-preactresnet164', 1703258, 0.245],
    ['cifar-preactresnet1001', 10327706, 1.488],
    ['cifar-kuangliu-preactresnet18', 11171146, 0.555],
    ['cifar-kuangliu-preactresnet34', 21279306, 1.159],
    ['cifar-kuangliu-preactresnet50', 23509066, 1.298],
    ['cifar-kuangliu-preactresnet101', 42501194, 2.51],
    ['cifar-kuangliu-preactresnet152', 58144842, 3.722],
  ])('%s has %i parameters and %f billion multiply-adds', (name, params, billions) => {
    const { make, input, classes } = preActivationNets[name]!
    const numbers = summary(make({ classes }), input)
    expect([numbers.params, Number((numbers.macs / 1e9).toFixed(3))]).toEqual([params, billions])
  })

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
