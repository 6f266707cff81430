import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Conv2dParams } from '@resfn/conv2d'
import { type ParamsOf, type Spec, summary } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { keyOf } from '../key-map.ts'
import { depths, fourStages } from '../resnet/index.ts'
import { res2netBlocks } from './index.ts'
import { res2nets } from './nets.ts'

describe('a Res2Net', () => {
  it('has a chain in all blocks but the first of each stage', () => {
    const net = fourStages({ kind: res2netBlocks(), blocks: depths[50], classes: 10 })
    const { rows } = summary(net, [64, 64, 3])
    const pooled = rows.filter(({ path, kind }) => path.endsWith('conv2.last') && kind !== 'identity')
    expect(pooled.map(({ path }) => path)).toEqual([1, 2, 3, 4].map((stage) => `layer${stage}.0.conv2.last`))
  })

  it.each(Object.keys(res2nets))('%s has the normalisations of timm', (name) => {
    const { make, input, classes, keys } = res2nets[name]!
    const { params, state } = make({ classes }).plan(input)
    const map = keys!['timm']!
    const paths = [...flatten<Spec>(params), ...flatten<Spec>(state)].map(({ path }) => path)
    expect(paths.map((path) => keyOf(path, map))).toContain('layer4.2.bns.0.running_var')
  })

  it('names the types of its trees', () => {
    type Kept = ParamsOf<ReturnType<ReturnType<typeof res2netBlocks>['keep']>>
    expectTypeOf<Kept['conv2']['scale3']['conv']>().toEqualTypeOf<Conv2dParams>()
  })
})
