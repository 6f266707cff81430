import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Conv2dParams } from '@resfn/conv2d'
import { type ParamsOf, type Spec, summary } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { keyOf, keysBeside, pathOf } from '../key-map.ts'
import { resnest, type ResnestOptions } from './index.ts'
import { timmKeys } from './keys.ts'
import { resnests } from './nets.ts'

const pathsOf = (name: string): readonly string[] => {
  const { make, input, classes } = resnests[name]!
  const { params, state } = make({ classes }).plan(input)
  return [...flatten<Spec>(params), ...flatten<Spec>(state)].map(({ path }) => path)
}

describe('a ResNeSt', () => {
  it.each([
    ['resnest14d', 10611688, 2.749],
    ['resnest26d', 17069448, 3.623],
    ['resnest50d', 27483240, 5.371],
    ['resnest101e', 48275016, 10.201],
    ['resnest200e', 70201544, 17.408],
    ['resnest269e', 110929480, 22.434],
    ['resnest50_fast_1s1x64d', 26217896, 4.329],
    ['resnest50_fast_2s1x64d', 27483240, 4.331],
    ['resnest50_fast_4s1x64d', 31912712, 4.335],
    ['resnest50_fast_1s2x40d', 25946680, 4.365],
    ['resnest50_fast_2s2x40d', 26943792, 4.366],
    ['resnest50d_4s2x40d', 30417592, 4.369],
    ['resnest50d_1s4x24d', 25677000, 4.4],
  ])('%s has %i parameters and %f billion multiply-adds', (name, params, billions) => {
    const { make, input, classes } = resnests[name]!
    const numbers = summary(make({ classes }), input)
    expect(numbers.params).toBe(params)
    expect(Number((numbers.macs / 1e9).toFixed(3))).toBe(billions)
  })

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

  it.each(Object.keys(resnests))('of %s come back as paths', (name) => {
    for (const path of pathsOf(name)) expect(pathOf(keyOf(path, timmKeys), timmKeys)).toBe(path)
  })
})
