import * as tf from '@tensorflow/tfjs-core'
import {
  followedBy,
  init,
  lift,
  partPaths,
  sequential,
  shaped,
  shared,
  skip,
  sum,
  summary,
  untyped,
} from '@resfn/layer'
import { key } from '@resfn/random'
import { bitsOf, describeBackends, draw, expectNoLeak } from '@resfn/test-utils'
import { dispose } from '@resfn/tree'
import { describe, expect, it } from 'vitest'
import { input, learned, net } from './fixtures/nets.ts'
import { features } from './index.ts'

const paths = partPaths(net)

describeBackends('features', () => {
  it('are what each part gives to the next, to the bit, all in one pass', () => {
    tf.tidy(() => {
      const { params, state } = init(net, key(0), input)
      const x = draw(1, 2, ...input)
      const { conv1, act, layer1, layer2, pool } = net.layers
      const stem = act.apply({}, conv1.apply(params.conv1, x, state.conv1), {})
      const first = layer1.apply(params.layer1, stem, state.layer1)
      const second = layer2.apply(params.layer2, first, state.layer2)
      const block = layer1.layers[0].apply(params.layer1[0], stem, state.layer1[0])
      const maps = features(net, ['layer2', 'act', 'layer1.0', 'layer1', 'pool'])(params, x, state)
      expect(Object.keys(maps)).toEqual(['layer2', 'act', 'layer1.0', 'layer1', 'pool'])
      expect(bitsOf(maps.act)).toEqual(bitsOf(stem))
      expect(bitsOf(maps['layer1.0'])).toEqual(bitsOf(block))
      expect(bitsOf(maps.layer1)).toEqual(bitsOf(first))
      expect(bitsOf(maps.layer2)).toEqual(bitsOf(second))
      expect(bitsOf(maps.pool)).toEqual(bitsOf(pool.apply({}, second, {})))
    })
  })

  it('have the shapes of the summary, for every part of the net', () => {
    tf.tidy(() => {
      const { params, state } = learned()
      const maps = features(untyped(net), paths)(params, draw(1, 2, ...input), state)
      for (const { path, output } of summary(net, input).rows) expect(maps[path]!.shape).toEqual([2, ...output])
    })
  })

  it('belong to the caller, who frees nothing else', () => {
    const { params, state } = learned()
    const x = draw(1, 2, ...input)
    const see = features(untyped(net), ['layer1.1', 'layer2', 'fc'])
    expectNoLeak(() => dispose(see(params, x, state)))
    expectNoLeak(() => tf.tidy(() => void see(params, x, state)))
    const before = tf.memory().numTensors
    const maps = see(params, x, state)
    expect(tf.memory().numTensors - before).toBe(3)
    dispose(maps)
    // The output of this part is the input itself.
    const same = sequential({ same: lift((y) => y) })
    dispose(features(same, ['same'])({}, x, {}))
    expect(x.isDisposed).toBe(false)
  })

  it('leave nothing behind where the net cannot run', () => {
    const { params, state } = learned()
    const broken = { ...(params as object), layer2: [] }
    const x = draw(1, 2, ...input)
    expectNoLeak(() =>
      expect(() => features(untyped(net), ['layer1', 'layer2'])(broken, x, state)).toThrow(/^layer2\.0/),
    )
  })

  it('do not run what comes after the last of them', () => {
    let ran = 0
    const counting = sequential({ a: lift((y) => y), b: lift((y) => (ran++, y)) })
    const x = draw(1, 2)
    dispose(features(counting, ['a'])({}, x, {}))
    expect(ran).toBe(0)
    dispose(features(counting, ['b'])({}, x, {}))
    expect(ran).toBe(1)
  })
})

describe('features', () => {
  it('reach what the shape of an input makes, inside a layer that adds no name', () => {
    const double = lift((y) => tf.mul(y, 2))
    const inner = shaped(() => sequential({ twice: double, again: double }))
    const made = sequential({ gate: skip(sum)(inner), end: followedBy(inner, double) })
    tf.tidy(() => {
      const see = features(untyped(made), ['gate.twice', 'gate', 'end.again', 'end'])
      const maps = see({}, tf.ones([1, 2]), {})
      expect(Object.values(maps).map((map) => map.dataSync()[0])).toEqual([2, 5, 20, 40])
      expect(() => features(untyped(made), ['gate.thrice'])({}, tf.ones([1, 2]), {})).toThrow(
        'gate.thrice: there is no such part; did you mean twice?',
      )
    })
  })

  it('of a part that runs more than once are what it gives first, and nothing else is left', () => {
    const double = lift((y) => tf.mul(y, 2))
    const same = lift((y) => tf.mul(y, 1))
    const both = shared({ same, double }, sum)(sequential({ inner: double }))
    const x = tf.ones([1, 2])
    expectNoLeak(() => {
      const maps = features(untyped(sequential({ both, last: same })), ['both.inner', 'last'])({}, x, {})
      expect([maps['both.inner'].dataSync()[0], maps.last.dataSync()[0]]).toEqual([2, 6])
      dispose(maps)
    })
  })

  it('say what is near an unknown path, before anything runs', () => {
    expect(() => features(net, ['layer3'])).toThrow('layer3: there is no such part; did you mean layer1 or layer2?')
    expect(() => features(net, ['layer1.0.conv9'])).toThrow(/^layer1\.0\.conv9: there is no such part/)
  })
})
