import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm } from '@resfn/batch-norm'
import { constant, init, InputError, type ParamsOf, sequential, ShapeError, summary, untyped } from '@resfn/layer'
import { type Conv2d, type Makers, makers } from '@resfn/makers'
import { OptionsError } from '@resfn/options'
import { applyAvgPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { map } from '@resfn/tree'
import {
  checkGradients,
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  expectTorchCase,
  gradientOf,
  stir,
  type TorchCase,
  torchCases,
} from '@resfn/test-utils'
import {
  applyRadixSoftmax,
  applyRadixSum,
  radixSoftmax,
  radixSum,
  resnestBranch,
  splitAttention,
  type SplitAttentionOptions,
} from './index.ts'

const cases = torchCases(new URL('./fixtures/torch.json', import.meta.url)) as readonly (TorchCase &
  Required<SplitAttentionOptions>)[]

// Some inputs of ReLU on either side, none near 0.
const smooth: Makers = {
  ...makers,
  norm: () => batchNorm({ initial: { bias: constant(0.7) } }),
}

const split = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  radix: fc.integer({ min: 1, max: 4 }),
  cardinality: fc.integer({ min: 1, max: 3 }),
  width: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(),
})

describeBackends('radixSoftmax', () => {
  it('is its definition: features come group after group, weights leave split after split', () => {
    fc.assert(
      fc.property(split, ({ batch, radix, cardinality, width, seed }) =>
        tf.tidy(() => {
          const z = draw(seed, batch, cardinality * radix * width)
          const at = (n: number, k: number, r: number, c: number): number =>
            z.dataSync()[((n * cardinality + k) * radix + r) * width + c]!
          const expected: number[] = []
          for (let n = 0; n < batch; n++)
            for (let r = 0; r < radix; r++)
              for (let k = 0; k < cardinality; k++)
                for (let c = 0; c < width; c++) {
                  const all = Array.from({ length: radix }, (_, s) => Math.exp(at(n, k, s, c)))
                  const total = all.reduce((sum, value) => sum + value, 0)
                  expected.push(radix === 1 ? 1 / (1 + Math.exp(-at(n, k, r, c))) : all[r]! / total)
                }
          expectClose(applyRadixSoftmax(z, { radix, cardinality }), expected)
        }),
      ),
      { numRuns: 40 },
    )
  })

  it('sums to 1 over the splits, where there is more than one', () => {
    tf.tidy(() => {
      const weights = applyRadixSoftmax(tf.mul(draw(1, 3, 24), 5), { radix: 4, cardinality: 2 })
      expectClose(
        applyRadixSum(weights, { radix: 4 }),
        Array.from({ length: 3 * 6 }, () => 1),
        1e-6,
      )
    })
  })

  it('does not overflow', () => {
    expectClose(applyRadixSoftmax(tf.tensor2d([[500, -500]]), { radix: 2 }), [1, 0])
  })
})

describeBackends('radixSum', () => {
  it('is the sum of the splits, of images and of vectors', () => {
    tf.tidy(() => {
      const x = draw(2, 2, 3, 2, 12)
      const [a, b, c] = tf.split(x, 3, -1)
      expectClose(applyRadixSum(x, { radix: 3 }), tf.add(tf.add(a!, b!), c!))
      expect([...applyRadixSum(tf.tensor2d([[1, 2, 3, 4]]), { radix: 1 }).dataSync()]).toEqual([1, 2, 3, 4])
    })
  })
})

describeBackends('splitAttention', () => {
  it.each(cases)('has the values, gradients and statistics of timm ($name)', (fixture) => {
    const { out, radix, cardinality, stride, inner } = fixture
    expectTorchCase(splitAttention({ out, radix, cardinality, stride, inner }), fixture, (path) =>
      path.replace(/^attention\./, ''),
    )
  })

  it('is the sum of the splits, each weighed by its own attention', () => {
    fc.assert(
      fc.property(split, ({ batch, radix, cardinality, width, seed }) =>
        tf.tidy(() => {
          const out = radix * cardinality * width
          const net = splitAttention({ out, radix, cardinality, inner: 2 * cardinality })
          const { params, state } = init(net, key(seed), [3, 2, out])
          const stirred = stir(params)
          const x = draw(seed, batch, 3, 2, out)
          const { attention, sum: _, ...before } = net.layers
          const u = untyped(sequential(before)).apply(stirred, x, state)
          const a = attention.layers.branch.apply(stirred.attention, u, state.attention)
          const [splits, weights] = [u.dataSync(), a.dataSync()]
          const expected = Array.from({ length: batch * 6 * out }, (_, i) => {
            const [pixel, c] = [Math.floor(i / out), i % out]
            const n = Math.floor(pixel / 6)
            return Array.from({ length: radix }, (_, r) => r * out + c).reduce(
              (sum, at) => sum + weights[n * radix * out + at]! * splits[pixel * radix * out + at]!,
              0,
            )
          })
          expectClose(net.apply(stirred, x, state), expected)
        }),
      ),
      { numRuns: 15 },
    )
  })

  it('with a last layer of zeros is the mean of two splits, and half of a single one', () => {
    tf.tidy(() => {
      for (const radix of [1, 2]) {
        const net = splitAttention({ out: 4, radix })
        const { params, state } = init(net, key(1), [3, 3, 4])
        const { attention, ...rest } = params
        const still = {
          ...rest,
          attention: { ...attention, fc2: map(attention.fc2, (leaf: tf.Tensor) => tf.zerosLike(leaf)) },
        }
        const x = draw(2, 2, 3, 3, 4)
        const { attention: _, sum, ...before } = net.layers
        const u = untyped(sequential({ ...before, sum })).apply(still, x, state)
        expectClose(net.apply(still, x, state), tf.mul(u, 0.5), 1e-6)
      }
    })
  })

  it('has the gradients of finite differences', () => {
    const net = splitAttention({ out: 4, radix: 2, cardinality: 2, inner: 2 }, smooth)
    const tree = { params: init(net, key(8), [2, 2, 4]).params, x: draw(9, 3, 2, 2, 4) }
    const upstream = draw(10, 3, 2, 2, 4)
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(net.train(params, x, key(0)).y, upstream))
    checkGradients(f, tree, gradientOf(f, tree), { step: 3e-3, tolerance: 2e-2 })
  })

  it('leaves no tensor behind, gradients included', () => {
    const net = resnestBranch({ out: 16, cardinality: 2, stride: 2 })
    const { params, state } = init(net, key(0), [4, 4, 3])
    const x = draw(1, 2, 4, 4, 3)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
    expectNoLeak(() => net.apply(params, x, state).dispose())
  })

  it('cannot be trained on a single image, because its attention sees one value a channel', () => {
    const net = splitAttention({ out: 4 })
    const { params } = init(net, key(0), [4, 4, 4])
    expect(() => net.train(params, tf.ones([1, 4, 4, 4]), key(0))).toThrow(InputError)
    expect(() => net.train(params, tf.ones([1, 4, 4, 4]), key(0))).toThrow(
      /^attention\.bn1: batchNorm: training needs more than one value a channel/,
    )
  })
})

describeBackends('the branch of ResNeSt', () => {
  it('strides by average pooling after the split attention, before it, or by the convolution', () => {
    tf.tidy(() => {
      const x = draw(3, 2, 6, 5, 8)
      const pool = (y: tf.Tensor): tf.Tensor => applyAvgPool(y, { size: 3, stride: 2, padding: 1 })
      for (const avd of ['first', 'last', 'none'] as const) {
        const net = resnestBranch({ out: 8, width: 4, stride: 2, avd })
        const { params, state } = init(net, key(4), [6, 5, 8])
        const { conv1, bn1, conv3, bn3 } = net.layers
        const attention = splitAttention({ out: 4, stride: avd === 'none' ? 2 : 1 })
        const inner = tf.relu(bn1.apply(params.bn1, conv1.apply(params.conv1, x, {}), state.bn1))
        const attended = attention.apply(params.conv2, avd === 'first' ? pool(inner) : inner, state.conv2)
        const y = conv3.apply(params.conv3, avd === 'last' ? pool(attended) : attended, {})
        const expected = bn3.apply(params.bn3, y, state.bn3)
        expectClose(net.apply(params, x, state), expected)
      }
    })
  })

  it('has no pool where it does not stride', () => {
    const kinds = (avd: 'first' | 'last'): readonly string[] =>
      summary(resnestBranch({ out: 8, avd }), [4, 4, 8]).rows.map(({ kind }) => kind)
    expect(kinds('first')).toEqual(kinds('last'))
    expect(kinds('last').some((kind) => kind.includes('avgPool'))).toBe(false)
  })
})

describe('the plan of split attention', () => {
  it('counts groups and inner channels as timm does', () => {
    const { params } = splitAttention({ out: 96, radix: 1, cardinality: 4 }).plan([14, 14, 96])
    expect(params.conv.weight.shape).toEqual([3, 3, 24, 96])
    expect(params.attention.fc1.weight.shape).toEqual([1, 1, 24, 32])
    expect(params.attention.fc2.weight.shape).toEqual([1, 1, 8, 96])
    const wide = splitAttention({ out: 80, radix: 4, cardinality: 2 }).plan([14, 14, 80]).params
    expect(wide.attention.fc2.weight.shape).toEqual([1, 1, 40, 320])
  })

  it('says what is wrong and where', () => {
    expect(() => splitAttention({ out: 4, radix: 0 })).toThrow(
      new OptionsError('splitAttention: radix must be a whole number of at least 1, not 0'),
    )
    expect(() => resnestBranch({ out: 6 })).toThrow(
      new OptionsError('resnestBranch: width must be a whole number of at least 1, not 1.5'),
    )
    expect(() => resnestBranch({ out: 8, avd: 'middle' as 'last' })).toThrow(OptionsError)
    expect(() => sequential({ block: splitAttention({ out: 5, cardinality: 2 }) }).plan([4, 4, 5])).toThrow(
      /^block\.conv: conv2d: 4 groups must divide/,
    )
    expect(() => radixSum({ radix: 2 }).plan([4, 4, 5])).toThrow(
      new ShapeError('', 'radixSum takes a multiple of 2 channels, but the input is [4,4,5]'),
    )
    expect(() => radixSoftmax({ radix: 2, cardinality: 2 }).plan([6])).toThrow(
      new ShapeError('', 'radixSoftmax takes a multiple of 4 channels, but the input is [6]'),
    )
    expect(() => radixSoftmax({ radix: 2 }).plan([4, 4, 6])).toThrow(ShapeError)
  })

  it('names the types of its trees', () => {
    type Params = ParamsOf<ReturnType<typeof splitAttention>>
    expectTypeOf<Params['attention']['fc2']>().toEqualTypeOf<ParamsOf<Conv2d>>()
    type Branch = ParamsOf<ReturnType<typeof resnestBranch>>
    expectTypeOf<Branch['conv2']>().toEqualTypeOf<Params>()
  })
})
