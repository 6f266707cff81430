import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Conv2dParams } from '@resfn/conv2d'
import { type ParamsOf, type Spec } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { keyOf, keysBeside } from '../key-map.ts'
import { resnest, type ResnestOptions } from './index.ts'
import { timmKeys } from './keys.ts'
import { resnests } from './nets.ts'

const pathsOf = (name: string): readonly string[] => {
  const { make, input, classes } = resnests[name]!
  const { params, state } = make({ classes }).plan(input)
  return [...flatten<Spec>(params), ...flatten<Spec>(state)].map(({ path }) => path)
}

describe('a ResNeSt', () => {
  it('says which depths there are', () => {
    const depth = 34 as ResnestOptions['depth']
    expect(() => resnest({ depth, classes: 10 })).toThrow(
      'resnest: depth must be one of 14, 26, 50, 101, 200, 269, not 34',
    )
  })

  it('names the types of its trees', () => {
    type Params = ParamsOf<ReturnType<typeof resnest>>
    expectTypeOf<Params['layer2'][0]['conv2']['attention']['fc1']>().toEqualTypeOf<Conv2dParams>()
    expectTypeOf<Params['layer2'][0]['shortcut']['conv']>().toEqualTypeOf<Conv2dParams>()
  })
})

describe('the keys of a ResNeSt', () => {
  it('are the 476 of timm at depth 50, with the counters of batches', () => {
    const keys = pathsOf('resnest50d').flatMap((path) => [keyOf(path, timmKeys), ...keysBeside(path, timmKeys)])
    expect(new Set(keys).size).toBe(476)
    for (const key of ['conv1.6.weight', 'layer3.5.conv2.fc2.bias', 'layer2.0.conv2.bn1.running_mean', 'fc.bias'])
      expect(keys).toContain(key)
  })
})
