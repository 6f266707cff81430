import { describe, expect, it } from 'vitest'
import { summary } from '@resfn/layer'
import { keyOf, pathOf } from '../key-map.ts'
import { attentionNextKeys, tengshaofengCifarKeys, tengshaofengKeys } from './keys.ts'
import { attentionNets } from './nets.ts'
import { attentionNet, attentionNext, cifarAttention, cifarResattnet } from './residual-attention.ts'

describe('the attention nets', () => {
  it('have stages of 56, 28, 14 and 7 pixels, and masks that go down to 7', () => {
    const { rows } = summary(attentionNet({ depth: 56, classes: 1000 }), [224, 224, 3])
    const output = (path: string): readonly number[] | undefined => rows.find((row) => row.path === path)?.output
    expect(['layer1', 'layer2', 'layer3', 'layer4'].map(output)).toEqual([
      [56, 56, 256],
      [28, 28, 512],
      [14, 14, 1024],
      [7, 7, 2048],
    ])
    for (const path of [
      'layer1.1.hourglass.inner.inner.down',
      'layer2.1.hourglass.inner.down',
      'layer3.1.hourglass.down',
    ])
      expect(output(path)?.slice(0, 2)).toEqual([7, 7])
    expect(output('layer1.1.hourglass')).toEqual([56, 56, 256])
  })

  it('take images of any size that is large enough, the variants alike', () => {
    for (const size of [64, 97, 161]) {
      expect(attentionNet({ depth: 56, classes: 3 }).plan([size, size + 3, 3]).output).toEqual([3])
      expect(attentionNext({ depth: 56, classes: 3, fuse: 'tsf' }).plan([size, size, 1]).output).toEqual([3])
    }
    for (const [height, width] of [
      [28, 28],
      [33, 40],
    ]) {
      expect(cifarAttention({ depth: 56, classes: 3 }).plan([height!, width!, 1]).output).toEqual([3])
      expect(cifarResattnet({ depth: 56, classes: 3, fuse: 'paper' }).plan([height!, width!, 1]).output).toEqual([3])
    }
  })

  it('are named by the layers of their trunk', () => {
    // One of the stem, three of each unit, and the head; the masks are beside the trunk.
    for (const name of ['attention56', 'attention92', 'attention236', 'cifar-attention92', 'attentionnext92']) {
      const { make, input, classes } = attentionNets[name]!
      const trunk = summary(make({ classes }), input).rows.filter(
        ({ path, kind }) => /^(conv2d|dense)/.test(kind) && !/hourglass|mask|shortcut/.test(path),
      )
      expect(trunk.length, name).toBe(Number(/\d+/.exec(name)![0]))
    }
  })

  it('say which depths there are', () => {
    expect(() => attentionNet({ depth: 57 as never, classes: 10 })).toThrow(
      new RangeError('attentionNet: depth must be one of 56, 92, 128, 164, 200, 236, 452, not 57'),
    )
    expect(() => cifarAttention({ depth: 57, classes: 10 })).toThrow(
      'cifarAttention: depth must be 36 m + 20 (56, 92, 128, 164, 200, 236, ...), not 57',
    )
    expect(() => attentionNet({ depth: 56, classes: 10, fuse: 'both' as never })).toThrow('fuse must be one of')
  })
})

describe('the keys of attention nets', () => {
  it.each([
    ['attention_module1.first_residual_blocks.bn1.weight', 'layer1.1.first.norm1.weight', tengshaofengKeys],
    ['attention_module2_2.trunk_branches.1.conv3.weight', 'layer2.2.trunk.1.conv3.weight', tengshaofengKeys],
    [
      'attention_module1.softmax3_blocks.0.bn2.bias',
      'layer1.1.hourglass.inner.inner.down.0.norm2.bias',
      tengshaofengKeys,
    ],
    ['attention_module1.softmax5_blocks.conv1.weight', 'layer1.1.hourglass.up.conv1.weight', tengshaofengKeys],
    ['attention_module1.softmax6_blocks.5.weight', 'layer1.1.mask.conv2.weight', tengshaofengKeys],
    ['attention_module3_3.softmax2_blocks.0.running_mean', 'layer3.3.mask.norm1.mean', tengshaofengKeys],
    [
      'attention_module1.skip2_connection_residual_block.bn3.running_var',
      'layer1.1.hourglass.inner.skip.norm3.variance',
      tengshaofengKeys,
    ],
    ['residual_block1.conv4.weight', 'layer1.0.shortcut.weight', tengshaofengKeys],
    ['residual_block6.conv1.weight', 'layer4.2.conv1.weight', tengshaofengKeys],
    ['conv1.0.weight', 'conv1.weight', tengshaofengKeys],
    ['conv1.1.bias', 'bn1.bias', tengshaofengKeys],
    ['mpool2.0.weight', 'norm.weight', tengshaofengKeys],
    [
      'attention_module1.middle_2r_blocks.1.conv1.weight',
      'layer1.1.hourglass.inner.down.1.conv1.weight',
      tengshaofengCifarKeys,
    ],
    [
      'attention_module3_2.middle_2r_blocks.0.conv1.weight',
      'layer3.2.hourglass.down.0.conv1.weight',
      tengshaofengCifarKeys,
    ],
    ['attention_module2.conv1_1_blocks.3.weight', 'layer2.1.mask.norm2.weight', tengshaofengCifarKeys],
    ['residual_block2.conv4.1.weight', 'layer2.0.shortcut.bn.weight', attentionNextKeys],
    ['attention_module1.softmax6_blocks.3.weight', 'layer1.1.mask.conv2.weight', attentionNextKeys],
  ] as const)('%s is %s', (published, path, keys) => {
    expect(pathOf(published, keys)).toBe(path)
    expect(keyOf(path, keys)).toBe(published)
  })
})
