import { describe, expect, it } from 'vitest'
import { type Spec, summary, type SummaryRow } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { bamResnets } from '../bam-resnet/nets.ts'
import { cbamResnets } from '../cbam-resnet/nets.ts'
import { ecanets } from '../ecanet/nets.ts'
import { keyOf, keysBeside, rankOf } from '../key-map.ts'
import type { Nets } from '../net-entry.ts'
import { resnet } from '../resnet/resnet.ts'
import { sknets } from '../sknet/nets.ts'
import { cifarSeResnet, legacySeResnet } from './index.ts'
import { senets } from './nets.ts'

const all: Nets = { ...senets, ...ecanets, ...cbamResnets, ...bamResnets, ...sknets }

const rowsOf = (name: string, input = all[name]!.input): readonly SummaryRow[] =>
  summary(all[name]!.make({ classes: 10 }), input).rows

describe('nets with attention', () => {
  // Parameters as published by timm, Cadene or pytorchcv, multiply-adds counted as torchvision does.
  it.each([
    ['seresnet18', 11779624, 1.814],
    ['seresnet34', 21960416, 3.664],
    ['seresnet50', 28088024, 4.092],
    ['seresnet101', 49326872, 7.806],
    ['seresnet152', 66821848, 11.52],
    ['seresnet152d', 66841080, 11.76],
    ['seresnext26d_32x4d', 16809512, 2.712],
    ['seresnext50_32x4d', 27559896, 4.233],
    ['seresnext101_32x4d', 48955416, 7.975],
    ['seresnext101_32x8d', 93569048, 16.419],
    ['seresnext101_64x4d', 88232984, 15.465],
    ['senet154', 115088984, 20.688],
    ['legacy_seresnet18', 11778592, 1.814],
    ['legacy_seresnet34', 21958868, 3.664],
    ['legacy_seresnet50', 28088024, 3.86],
    ['legacy_seresnet101', 49326872, 7.575],
    ['legacy_seresnet152', 66821848, 11.289],
    ['legacy_seresnext26_32x4d', 16790280, 2.472],
    ['legacy_seresnext50_32x4d', 27559896, 4.233],
    ['legacy_seresnext101_32x4d', 48955416, 7.975],
    ['legacy_senet154', 115088984, 20.688],
    ['cifar-seresnet20', 274847, 0.041],
    ['cifar-seresnet56', 862889, 0.126],
    ['cifar-seresnet110', 1744952, 0.253],
    ['cifar-seresnet164', 1906258, 0.248],
    ['ecaresnet50d', 25576350, 4.329],
    ['skresnext50_32x4d', 27479784, 4.463],
    ['sknet50', 27479784, 4.463],
    ['sknet101', 48736040, 8.449],
    ['sknet152', 66295656, 12.435],
    ['cbam_resnet50', 28089624, 4.096],
    ['cbam_resnet101', 49330172, 7.813],
    ['cbam_resnet152', 66826848, 11.529],
    ['bam_resnet50', 25915099, 4.171],
    ['bam_resnet101', 44907227, 7.884],
    ['bam_resnet152', 60550875, 11.596],
  ])('%s has %i parameters and %f billion multiply-adds', (name, params, billions) => {
    const { make, input, classes } = all[name]!
    const numbers = summary(make({ classes }), input)
    expect(numbers.params).toBe(params)
    expect(Number((numbers.macs / 1e9).toFixed(3))).toBe(billions)
  })

  // The entries of timm's state dicts.
  it.each([
    ['seresnet18', 154],
    ['seresnet50', 384],
    ['seresnext26d_32x4d', 220],
    ['senet154', 1144],
    ['ecaresnet50d', 348],
    ['legacy_seresnet50', 384],
    ['legacy_senet154', 1144],
    ['skresnext50_32x4d', 528],
  ])('%s has %i keys, with the counters of batches', (name, count) => {
    const { make, input, classes, keys } = all[name]!
    const map = keys!['timm']!
    const { params, state } = make({ classes }).plan(input)
    const paths = [...flatten<Spec>(params), ...flatten<Spec>(state)].map(({ path }) => path)
    expect(new Set(paths.flatMap((path) => [keyOf(path, map), ...keysBeside(path, map)])).size).toBe(count)
  })

  it.each(Object.keys(all))('the matrices of %s are filters where they were published as such', (name) => {
    const { make, input, keys } = all[name]!
    for (const [format, map] of Object.entries(keys!))
      for (const { path, leaf } of flatten<Spec>(make({ classes: 10 }).plan(input).params)) {
        const isVector = /\.(se|attn)\.(.*\.)?fc\d\.weight$/.test(path)
        const wasLinear = /^c?bam/.test(name) || !isVector
        expect(rankOf(path, map), `${format} ${path}`).toBe(wasLinear ? undefined : 4)
        expect(leaf.shape.length, path).toBeGreaterThan(0)
      }
  })
})

describe('the first SE-ResNets for PyTorch', () => {
  it('pool without padding, rounded up', () => {
    const shapeOf = (name: string, side: number) =>
      rowsOf(name, [side, side, 3]).find(({ path }) => path === 'maxPool')!.output
    expect([shapeOf('legacy_seresnet50', 224), shapeOf('seresnet50', 224)]).toEqual([
      [56, 56, 64],
      [56, 56, 64],
    ])
    expect([shapeOf('legacy_seresnet50', 97), shapeOf('seresnet50', 97)]).toEqual([
      [24, 24, 64],
      [25, 25, 64],
    ])
  })

  it('stride in the first convolution of a bottleneck, and in the second of a ResNeXt', () => {
    const kinds = (name: string) =>
      rowsOf(name)
        .filter(({ path }) => /^layer2\.0\.conv[12]$/.test(path))
        .map(({ kind }) => kind)
    expect(kinds('legacy_seresnet50')).toEqual(['conv2d 1x1 /2', 'conv2d 3x3'])
    expect(kinds('legacy_seresnext50_32x4d')[0]).toBe('conv2d 1x1')
    expect(kinds('legacy_seresnext50_32x4d')[1]).toMatch(/3x3 \/2/)
  })

  it('activate before the attention of a basic block, and round its features down', () => {
    const parts = rowsOf('legacy_seresnet18')
      .filter(({ path, depth }) => path.startsWith('layer1.0.') && depth === 2)
      .map(({ path }) => path.slice('layer1.0.'.length))
    expect(parts).toEqual(['conv1', 'bn1', 'act1', 'conv2', 'bn2', 'act2', 'se'])
    const { plan } = legacySeResnet({ depth: 18, classes: 10 })
    const hidden = flatten<Spec>(plan([224, 224, 3]).params).find(({ path }) => path === 'layer1.0.se.fc1.bias')!
    expect(hidden.leaf.shape).toEqual([4])
  })

  it('SENet-154 drops features before its head, in training', () => {
    expect(rowsOf('legacy_senet154').at(-2)).toMatchObject({ path: 'dropout', kind: 'dropout 0.2' })
    expect(rowsOf('senet154').some(({ path }) => path === 'dropout')).toBe(false)
  })
})

describe('structures', () => {
  it('SENet-154 halves its first convolutions, and has 3x3 shortcuts where it strides', () => {
    const shapes = Object.fromEntries(
      flatten<Spec>(senets['senet154']!.make({ classes: 10 }).plan([224, 224, 3]).params).map(({ path, leaf }) => [
        path,
        leaf.shape,
      ]),
    )
    expect(shapes['layer2.1.conv1.weight']).toEqual([1, 1, 512, 256])
    expect(shapes['layer2.1.conv2.weight']).toEqual([3, 3, 4, 512])
    expect(shapes['layer1.0.shortcut.conv.weight']).toEqual([1, 1, 128, 256])
    expect(shapes['layer2.0.shortcut.conv.weight']).toEqual([3, 3, 256, 512])
  })

  it('a BAM-ResNet has its attentions between the stages', () => {
    expect(
      rowsOf('bam_resnet50')
        .filter(({ depth }) => depth === 0)
        .map(({ path }) => path)
        .slice(4, 11),
    ).toEqual(['layer1', 'bam1', 'layer2', 'bam2', 'layer3', 'bam3', 'layer4'])
  })

  it('attention at the end of a branch adds its own parameters and no others', () => {
    const plain = summary(resnet({ depth: 50, classes: 1000 }), [224, 224, 3])
    const { make } = all['cbam_resnet50']!
    const added = summary(make({ classes: 1000 }), [224, 224, 3]).rows.filter(({ path }) => path.endsWith('.se'))
    expect(added.length).toBe(16)
    expect(added.reduce((sum, { params }) => sum + params, plain.params)).toBe(28089624)
  })

  it('says which depths there are for CIFAR', () => {
    expect(() => cifarSeResnet({ depth: 21, classes: 10 })).toThrow(
      'cifarSeResnet: depth must be 6n + 2 below 164 and 9n + 2 from there on, not 21',
    )
  })
})
