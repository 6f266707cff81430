// No backend is imported here: plans and summaries need none.
import { describe, expect, it } from 'vitest'
import { type Shape, type Spec, summary } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { keyOf, keysBeside, pathOf } from '../key-map.ts'
import { nets } from '../nets.ts'
import { cifarBottleneckResnet } from '../cifar-resnet/index.ts'
import { resnetRs } from '../resnet-rs/index.ts'
import { cifarResnext } from '../resnext/index.ts'
import { wideResnet } from '../wide-resnet/index.ts'
import { caffePool, usualStem } from './stems.ts'
import { averagedShortcut } from './shortcuts.ts'
import { basicBlocks } from './kinds.ts'
import { fourStages } from './stages.ts'
import type { Place } from './block-kind.ts'

// Parameters from torchvision and timm, counted where they have no number; multiply-adds of convolutions and matrices.
// Keys are those of the PyTorch module, with its counters of batches.
const table: readonly (readonly [name: string, params: number, giga: string])[] = [
  ['resnet10t', 5435488, '1.097'],
  ['resnet14t', 10081632, '1.677'],
  ['resnet18d', 11708744, '2.054'],
  ['resnet26', 15995176, '2.342'],
  ['resnet26d', 16014408, '2.582'],
  ['resnet34d', 21816904, '3.903'],
  ['resnet50c', 25576264, '4.329'],
  ['resnet50d', 25576264, '4.329'],
  ['resnet50s', 25680808, '5.444'],
  ['resnet50t', 25573728, '4.297'],
  ['resnet101d', 44568392, '8.041'],
  ['resnet152d', 60212040, '11.753'],
  ['resnet200', 64673832, '15.007'],
  ['resnet200d', 64693064, '15.247'],
  ['wide_resnet50_2', 68883240, '11.398'],
  ['wide_resnet101_2', 126886696, '22.753'],
  ['resnetrs50', 35691912, '4.454'],
  ['resnetrs101', 63618696, '8.176'],
  ['resnext50_32x4d', 25028904, '4.230'],
  ['resnext101_32x4d', 44177704, '7.970'],
  ['resnext101_32x8d', 88791336, '16.414'],
  ['resnext101_64x4d', 83455272, '15.460'],
  ['resnext101_32x16d', 194026792, '36.163'],
  ['cifar-resnet164', 1704154, '0.245'],
  ['cifar-resnet1001', 10328602, '1.488'],
  ['cifar-akamaster-resnet20', 269722, '0.041'],
  ['cifar-kuangliu-resnet18', 11173962, '0.555'],
  ['cifar-kuangliu-resnet34', 21282122, '1.159'],
  ['cifar-kuangliu-resnet50', 23520842, '1.298'],
  ['cifar-resnet9', 6573120, '0.379'],
  ['cifar-resnext29_8x64d', 34426698, '5.387'],
  ['cifar-resnext29_16x64d', 68155210, '10.689'],
  ['cifar-resnext29_32x4d', 4775754, '0.774'],
  ['cifar-wrn16_4', 2748890, '0.393'],
  ['cifar-wrn16_8', 10961370, '1.548'],
  ['cifar-wrn28_10', 36479194, '5.243'],
  ['cifar-wrn40_4', 8949210, '1.299'],
]

const pathsOf = (name: string): readonly string[] => {
  const { make, input, classes } = nets[name]!
  const { params, state } = make({ classes }).plan(input)
  return [...flatten<Spec>(params), ...flatten<Spec>(state)].map(({ path }) => path)
}

describe('the relatives of ResNet', () => {
  it.each(table)('%s has %i parameters and %s G multiply-adds', (name, params, giga) => {
    const { make, input, classes } = nets[name]!
    const counted = summary(make({ classes }), input)
    expect([counted.params, (counted.macs / 1e9).toFixed(3)]).toEqual([params, giga])
  })

  it.each(table)('%s has a key for each path, and each path comes back', (name) => {
    for (const keys of Object.values(nets[name]!.keys ?? {})) {
      const paths = pathsOf(name)
      expect(new Set(paths.map((path) => keyOf(path, keys))).size).toBe(paths.length)
      for (const path of paths) expect(pathOf(keyOf(path, keys), keys)).toBe(path)
    }
  })

  it.each([
    ['resnet200', 1220],
    ['resnext50_32x4d', 320],
    ['resnext101_64x4d', 626],
    ['wide_resnet50_2', 320],
    ['cifar-akamaster-resnet20', 116],
  ])('%s has the %i keys of a file, counters of batches among them', (name, count) => {
    const [keys] = Object.values(nets[name]!.keys!)
    expect(pathsOf(name).reduce((sum, path) => sum + 1 + keysBeside(path, keys!).length, 0)).toBe(count)
  })

  it('refuse depths that they do not have', () => {
    expect(() => cifarBottleneckResnet({ depth: 32, classes: 10 })).toThrow(/depth must be 9n \+ 2 .*, not 32/)
    expect(() => cifarResnext({ depth: 30, cardinality: 8, groupWidth: 64, classes: 10 })).toThrow(/not 30/)
    expect(() => resnetRs({ depth: 34 as never, classes: 10 })).toThrow(/one of 50, 101, .*, not 34/)
    expect(() => wideResnet({ depth: 27, widening: 10, classes: 10 })).toThrow(/depth must be 6n \+ 4 .*, not 27/)
    expect(() => wideResnet({ depth: 28, widening: 0.5, classes: 10 })).toThrow(/widening must be a whole number/)
  })
})

describe('the parts of ResNets', () => {
  it('know their place: stride, and how many blocks of the net stand before', () => {
    const places: Place[] = []
    const noted = basicBlocks({ shortcut: averagedShortcut() })
    const note =
      <T>(make: (place: Place) => T) =>
      (place: Place): T => {
        places.push(place)
        return make(place)
      }
    const kind = { ...noted, begin: note(noted.begin), down: note(noted.down), keep: note(noted.keep) }
    fourStages({ kind, blocks: [2, 1, 1, 2], widths: [8, 16, 24, 32], classes: 10 })
    expect(places.map(({ out, stride, index, blocks }) => [out, stride, index, blocks])).toEqual([
      [8, 1, 0, 6],
      [8, 1, 1, 6],
      [16, 2, 2, 6],
      [24, 2, 3, 6],
      [32, 2, 4, 6],
      [32, 1, 5, 6],
    ])
  })

  it('round as Caffe does, or average the pixels that there are', () => {
    const pooled = (side: number): Shape => caffePool(usualStem()).maxPool.plan([side, side, 4]).output
    expect([pooled(112), pooled(49)]).toEqual([
      [56, 56, 4],
      [24, 24, 4],
    ])
    expect(averagedShortcut()({ out: 8, stride: 2 }).plan([7, 5, 4]).output).toEqual([4, 3, 8])
    expect(averagedShortcut()({ out: 8, stride: 1 }).plan([7, 5, 4]).output).toEqual([7, 5, 8])
  })
})
