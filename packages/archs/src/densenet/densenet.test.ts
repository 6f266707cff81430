import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Conv2dParams } from '@resfn/conv2d'
import { type ParamsOf, type Spec, summary } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { keyOf, keysBeside } from '../key-map.ts'
import { cifarDensenet, cifarDensenetBc, densenet, type DensenetDepth } from './index.ts'
import { pthKeys, torchvisionKeys } from './keys.ts'
import { densenets } from './nets.ts'

const specsOf = (name: string): readonly { readonly path: string; readonly leaf: Spec }[] => {
  const { make, input, classes } = densenets[name]!
  const { params, state } = make({ classes }).plan(input)
  return [...flatten<Spec>(params), ...flatten<Spec>(state)]
}

describe('a DenseNet', () => {
  it('has the stages of table 1', () => {
    const { rows, buffers } = summary(densenet({ depth: 121, classes: 1000 }), [224, 224, 3])
    const shapes = rows.filter(({ path }) => /^(pool0|denseblock\d|transition\d)$/.test(path))
    expect(shapes.map(({ output }) => output)).toEqual([
      [56, 56, 64],
      [56, 56, 256],
      [28, 28, 128],
      [28, 28, 512],
      [14, 14, 256],
      [14, 14, 1024],
      [7, 7, 512],
      [7, 7, 1024],
    ])
    expect(buffers).toBe(83648)
  })

  it('says which depths there are', () => {
    const depth = 100 as DensenetDepth
    expect(() => densenet({ depth, classes: 10 })).toThrow(
      'densenet: depth must be one of 121, 161, 169, 201, 264, not 100',
    )
    expect(() => cifarDensenet({ depth: 41, growth: 12, classes: 10 })).toThrow(
      'cifarDensenet: depth must be 3n + 4 (7, 10, 13, ...), not 41',
    )
    expect(() => cifarDensenetBc({ depth: 40.5, growth: 12, classes: 10 })).toThrow(
      'cifarDensenetBc: depth must be 6n + 4 (10, 16, 22, ...), not 40.5',
    )
  })

  it('names the types of its trees', () => {
    type Params = ParamsOf<ReturnType<typeof densenet>>
    expectTypeOf<Params['denseblock1'][number]['conv2']>().toEqualTypeOf<Conv2dParams>()
    expectTypeOf<Params['transition3']['conv']>().toEqualTypeOf<Conv2dParams>()
    expectTypeOf<Params['conv0']>().toEqualTypeOf<Conv2dParams>()
  })
})

describe('the keys of a DenseNet', () => {
  it.each([
    ['densenet121', 727],
    ['densenet161', 967],
    ['densenet169', 1015],
    ['densenet201', 1207],
    ['densenet264', 1591],
  ])('%s are the %i of torchvision, with the counters of batches', (name, count) => {
    const paths = specsOf(name).map(({ path }) => path)
    const keys = paths.flatMap((path) => [keyOf(path, torchvisionKeys), ...keysBeside(path, torchvisionKeys)])
    expect(new Set(keys).size).toBe(count)
    expect(keys).toContain('features.denseblock2.denselayer12.conv2.weight')
    expect(keys).toContain('features.transition3.norm.num_batches_tracked')
    expect(keys).toContain('features.norm5.running_var')
    expect(keys.filter((key) => !key.startsWith('features.'))).toEqual(['classifier.weight', 'classifier.bias'])
  })

  it('are in the old files those that torchvision rewrites when it reads them', () => {
    const pattern = /^(.*denselayer\d+\.(?:norm|relu|conv))\.((?:[12])\.(?:weight|bias|running_mean|running_var))$/
    const paths = specsOf('densenet121').map(({ path }) => path)
    const old = paths.map((path) => keyOf(path, pthKeys))
    expect(old.filter((key) => pattern.test(key)).length).toBe(58 * 10)
    expect(old.map((key) => key.replace(pattern, '$1$2'))).toEqual(paths.map((path) => keyOf(path, torchvisionKeys)))
  })
})
