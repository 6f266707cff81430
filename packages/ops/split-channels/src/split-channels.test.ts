import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import { channels, init, type ParamsOf, sequential, ShapeError, sum, summary } from '@resfn/layer'
import { OptionsError } from '@resfn/options'
import { key } from '@resfn/random'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { applyConcatChannels, applySplitChannels, channelsPart, splitChannels } from './split-channels.ts'

describeBackends('channels', () => {
  it('are the same after split and concat, whatever their number', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), (seed, parts, share) => {
        tf.tidy(() => {
          for (const outer of [[3], [2, 3, 1]]) {
            const x = draw(seed, ...outer, parts * share)
            const pieces = applySplitChannels(x, { parts })
            expect(pieces.map(({ shape }) => shape)).toEqual(pieces.map(() => [...outer, share]))
            expectClose(applyConcatChannels(pieces), x, 0)
          }
        })
      }),
      { numRuns: 20 },
    )
  })

  it('give each part of a split its own gradient, and each input of a concat its own', () => {
    tf.tidy(() => {
      const x = draw(1, 2, 1, 2, 6)
      const weighted = (at: tf.Tensor): tf.Tensor => {
        const [a, b] = applySplitChannels(at, { parts: 2 })
        return tf.add(tf.mul(a!, 2), tf.mul(b!, 5))
      }
      expectClose(
        gradientOf(weighted, x),
        x.dataSync().map((_, i) => (i % 6 < 3 ? 2 : 5)),
      )
      const dy = draw(2, 2, 3)
      const tree = { a: draw(3, 2, 1), b: draw(4, 2, 2) }
      const gradients = gradientOf(({ a, b }: typeof tree) => applyConcatChannels([a, b]), tree, dy)
      expectClose(applyConcatChannels([gradients.a, gradients.b]), dy, 0)
    })
  })

  it('of which the loss reads one part alone have no gradient elsewhere', () => {
    const first = (x: tf.Tensor): tf.Tensor => applySplitChannels(x, { parts: 2 })[0]!
    expect([...gradientOf(first, tf.ones([1, 4])).dataSync()]).toEqual([1, 1, 0, 0])
  })
})

describeBackends('layers on parts of the channels', () => {
  const net = splitChannels({ left: conv2d({ out: 2, size: 3 }), right: conv2d({ out: 3, size: 1 }) }, channels)

  it('see their own part alone', () => {
    tf.tidy(() => {
      const { params } = init(net, key(0), [3, 3, 4])
      const x = draw(1, 2, 3, 3, 4)
      const [a, b] = applySplitChannels(x, { parts: 2 })
      const { left, right } = net.layers
      const expected = tf.concat([left.apply(params.left, a!, {}), right.apply(params.right, b!, {})], -1)
      expectClose(net.apply(params, x, {}), expected, 0)
      expectClose(net.train(params, x, key(0)).y, expected, 0)
    })
  })

  it('have the gradients of finite differences', () => {
    const tree = { params: init(net, key(0), [2, 2, 4]).params, x: draw(1, 1, 2, 2, 4) }
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.mean(tf.square(net.apply(params, x, {})))
    checkGradients(f, tree, gradientOf(f, tree))
  })

  it('report what each of them saw', () => {
    tf.tidy(() => {
      const norms = splitChannels({ a: batchNorm(), b: batchNorm() }, sum)
      const { params } = init(norms, key(0), [4])
      const x = draw(1, 8, 4)
      const { seen } = norms.train(params, x, key(0))
      const [a, b] = applySplitChannels(x, { parts: 2 })
      expectClose(seen.a.mean, tf.mean(a!, 0))
      expectClose(seen.b.mean, tf.mean(b!, 0))
    })
  })

  it('leave no tensor behind, gradients included', () => {
    const { params } = init(net, key(0), [3, 3, 4])
    const x = draw(1, 2, 3, 3, 4)
    expectNoLeak(() => net.apply(params, x, {}).dispose())
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
  })
})

describeBackends('one part of the channels', () => {
  it('is that of the split', () => {
    tf.tidy(() => {
      const x = draw(1, 2, 3, 2, 6)
      for (const [index, part] of applySplitChannels(x, { parts: 3 }).entries())
        expectClose(channelsPart({ index, parts: 3 }).apply({}, x, {}), part, 0)
    })
  })
})

describe('wrong use of the channels', () => {
  it('is a part that there is not', () => {
    expect(() => channelsPart({ index: 2, parts: 2 })).toThrow(
      new OptionsError('channelsPart: index must be a whole number from 0 to 1, not 2'),
    )
    expect(() => channelsPart({ index: 0, parts: 2 }).plan([3])).toThrow(ShapeError)
  })

  it('is a number of parts that does not divide them, or paths that do not fit', () => {
    expect(() => applySplitChannels(tf.ones([2, 5]), { parts: 2 })).toThrow(
      new ShapeError('', 'the channels of [2,5] cannot be split into 2 equal parts; give it a multiple of 2 channels'),
    )
    expect(() => applySplitChannels(tf.ones([2, 5]), { parts: 0 })).toThrow(
      new OptionsError('applySplitChannels: parts must be a whole number of at least 1, not 0'),
    )
    const net = sequential({
      split: splitChannels({ a: conv2d({ out: 2, size: 1 }), b: conv2d({ out: 2, size: 1, stride: 2 }) }, sum),
    })
    expect(() => net.plan([4, 4, 3])).toThrow(
      'split.a: the channels of [4,4,3] cannot be split into 2 equal parts; give it a multiple of 2 channels',
    )
    expect(() => net.plan([4, 4, 2])).toThrow('split: b [2,2,2] and a [4,4,2] differ')
    expect(() => applyConcatChannels([tf.ones([2, 4, 4, 1]), tf.ones([2, 2, 4, 1])])).toThrow(
      'input 2 [2,2,4,1] and input 1 [2,4,4,1] differ',
    )
    expect(() => applyConcatChannels([])).toThrow('channels needs at least one path')
    expect(() => splitChannels({ a: (() => 1) as never }, sum)).toThrow('"a" is not a layer')
    expect(() => splitChannels({ 1: conv2d({ out: 2, size: 1 }) }, sum)).toThrow('the name "1" cannot be used')
    const gone = tf.ones([2, 2])
    gone.dispose()
    expect(() => applySplitChannels(gone, { parts: 2 })).toThrow('the input of splitChannels is disposed')
  })
})

describe('the plan of layers on parts of the channels', () => {
  it('has their names, and a share of the parameters', () => {
    const net = splitChannels({ left: conv2d({ out: 4, size: 3 }), right: conv2d({ out: 4, size: 3 }) }, channels)
    expect(summary(net, [8, 8, 6])).toMatchObject({ params: 216, macs: 64 * 216, output: [8, 8, 8] })
    expect(net.plan([8, 8, 6]).params.left.weight.shape).toEqual([3, 3, 3, 4])
    expectTypeOf<ParamsOf<typeof net>>().toEqualTypeOf<{ readonly left: Conv2dParams; readonly right: Conv2dParams }>()
  })
})
