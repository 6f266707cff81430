// No backend is imported here: plans and summaries need none.
import { describe, expect, it } from 'vitest'
import type { Shape } from '@resfn/layer'
import { cifarBottleneckResnet } from '../cifar-resnet/index.ts'
import { resnetRs } from '../resnet-rs/index.ts'
import { cifarResnext } from '../resnext/index.ts'
import { wideResnet } from '../wide-resnet/index.ts'
import { caffePool, usualStem } from './stems.ts'
import { averagedShortcut } from './shortcuts.ts'
import { basicBlocks } from './kinds.ts'
import { fourStages } from './stages.ts'
import type { Place } from './block-kind.ts'

describe('the relatives of ResNet', () => {
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
