import { useBackend } from '@resfn/runtime'
import { expect, it } from 'vitest'
import { nets } from '@resfn/archs'
import { init, untyped } from '@resfn/layer'
import { key } from '@resfn/random'
import { embed } from '@resfn/surgery'
import { draw, relativeError } from '@resfn/test-utils'
import { readyNet } from './ready-net.ts'

it('is the net itself for few pictures, and for many one that says the same, with its head or without', async () => {
  await useBackend('cpu')
  const { make, input } = nets['cifar-resnet8']!
  const net = untyped(make({ classes: 10 }))
  const { params, state } = init(net, key(0), input)
  const x = draw(1, 2, ...input)
  for (const one of [net, embed(net)]) {
    expect(readyNet({ net: one, params, state }, input, 63).net).toBe(one)
    const ready = readyNet({ net: one, params, state }, input, 64)
    expect(ready.net).not.toBe(one)
    expect(relativeError(ready.net.apply(ready.params, x, ready.state), one.apply(params, x, state))).toBeLessThan(1e-5)
  }
})
