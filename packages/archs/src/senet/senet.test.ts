import { describe, expect, it } from 'vitest'
import { type Spec, summary, type SummaryRow } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { bamResnets } from '../bam-resnet/nets.ts'
import { cbamResnets } from '../cbam-resnet/nets.ts'
import { ecanets } from '../ecanet/nets.ts'
import { rankOf } from '../key-map.ts'
import type { Nets } from '../net-entry.ts'
import { resnet } from '../resnet/resnet.ts'
import { sknets } from '../sknet/nets.ts'
import { cifarSeResnet, legacySeResnet } from './index.ts'
import { senets } from './nets.ts'

const all: Nets = { ...senets, ...ecanets, ...cbamResnets, ...bamResnets, ...sknets }

const rowsOf = (name: string, input = all[name]!.input): readonly SummaryRow[] =>
  summary(all[name]!.make({ classes: 10 }), input).rows

describe('nets with attention', () => {
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
