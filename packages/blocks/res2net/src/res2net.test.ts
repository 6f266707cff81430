import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { relu } from '@resfn/activation'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import { identityAdd } from '@resfn/identity-add'
import { type AnyLayer, constant, followedBy, init, type ParamsOf, summary } from '@resfn/layer'
import { type Makers, makers } from '@resfn/makers'
import { OptionsError } from '@resfn/options'
import { applyAvgPool, avgPool } from '@resfn/pool'
import { projectedAdd } from '@resfn/projected-add'
import { key } from '@resfn/random'
import {
  checkGradients,
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  expectTorchCase,
  gradientOf,
  type TorchCase,
  torchCases,
} from '@resfn/test-utils'
import { hierarchical, res2netBranch, type Res2netBranchOptions } from './index.ts'

const cases = torchCases(new URL('./fixtures/torch.json', import.meta.url)) as readonly (TorchCase &
  Required<Res2netBranchOptions>)[]

// Some inputs of ReLU on either side, none near 0.
const smooth: Makers = {
  ...makers,
  norm: () => batchNorm({ initial: { bias: constant(0.7) } }),
}

const hierarchy = fc.record({
  scales: fc.integer({ min: 1, max: 5 }),
  width: fc.integer({ min: 1, max: 3 }),
  chained: fc.boolean(),
  seed: fc.nat(),
})

describeBackends('the hierarchy of scales', () => {
  it('is its definition', () => {
    fc.assert(
      fc.property(hierarchy, ({ scales, width, chained, seed }) =>
        tf.tidy(() => {
          const scale = conv2d({ out: width, size: 3 })
          const layer = hierarchical({ scale, scales, chained })
          const { params } = init(layer, key(seed), [3, 4, scales * width])
          const x = draw(seed, 2, 3, 4, scales * width)
          const parts = tf.split(x, scales, -1)
          const ys: tf.Tensor[] = []
          for (const [i, part] of parts.entries()) {
            const input = chained && i > 0 ? tf.add(part, ys[i - 1]!) : part
            const isLast = scales > 1 && i === scales - 1
            ys.push(isLast ? part : scale.apply(params[`scale${i + 1}`]!, input, {}))
          }
          expectClose(layer.apply(params, x, {}), ys.length === 1 ? ys[0]! : tf.concat(ys, -1))
        }),
      ),
      { numRuns: 25 },
    )
  })

  it('passes the last part on, or takes a layer for it', () => {
    tf.tidy(() => {
      const x = draw(1, 1, 4, 4, 6)
      const last = tf.slice(x, [0, 0, 0, 4], [1, 4, 4, 2])
      const lastOf = (y: tf.Tensor): tf.Tensor => tf.slice(y, [0, 0, 0, 4], [-1, -1, -1, 2])
      const chain = hierarchical({ scale: conv2d({ out: 2, size: 3 }), scales: 3 })
      const chainParams = init(chain, key(1), [4, 4, 6]).params
      expect([...lastOf(chain.apply(chainParams, x, {})).dataSync()]).toEqual([...last.dataSync()])
      const window = { size: 3, stride: 2, padding: 1 }
      const scale = conv2d({ out: 2, size: 3, stride: 2 })
      const strided = hierarchical({ scale, scales: 3, chained: false, last: avgPool(window) })
      const { params } = init(strided, key(1), [4, 4, 6])
      expectClose(lastOf(strided.apply(params, x, {})), applyAvgPool(last, window), 0)
    })
  })
})

describeBackends('the branch of Res2Net', () => {
  it.each(cases)('with its shortcut has the values, gradients and statistics of timm ($name)', (fixture) => {
    const { out, width, scales, groups, stride } = fixture
    const branch = res2netBranch({ out, width, scales, groups, stride })
    const sum = stride === 1 ? identityAdd(branch) : projectedAdd(branch, avgPool({ size: 1, stride }))
    expectTorchCase(followedBy<AnyLayer>(sum, relu), fixture, (path) =>
      path.replace(/conv2\.scale(\d+)\.(conv|bn)/, (_, i, part) => `${part}s.${Number(i) - 1}`),
    )
  })

  it('has the gradients of finite differences', () => {
    const net = res2netBranch({ out: 2, width: 1, scales: 3 }, smooth)
    const tree = { params: init(net, key(8), [2, 2, 2]).params as object, x: draw(9, 3, 2, 2, 2) }
    const upstream = draw(10, 3, 2, 2, 2)
    const f = ({ params, x }: typeof tree): tf.Tensor =>
      tf.sum(tf.mul(net.train(params as ParamsOf<typeof net>, x, key(0)).y, upstream))
    checkGradients(f, tree, gradientOf(f, tree), { step: 3e-3, tolerance: 2e-2 })
  })

  it('leaves no tensor behind, gradients included', () => {
    for (const stride of [1, 2]) {
      const net = res2netBranch({ out: 8, width: 2, stride })
      const { params, state } = init(net, key(0), [4, 4, 3])
      const x = draw(1, 2, 4, 4, 3)
      expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
      expectNoLeak(() => net.apply(params, x, state).dispose())
    }
  })
})

describe('the plan of the branch of Res2Net', () => {
  it('has a convolution for each scale but the last', () => {
    const { params, rows } = summary(res2netBranch({ out: 256, width: 26 }), [56, 56, 256])
    expect(params).toBe(256 * 104 + 3 * 9 * 26 * 26 + 104 * 256 + 2 * (104 + 3 * 26 + 256))
    expect(rows.map(({ path }) => path).filter((path) => /^conv2\.[^.]+$/.test(path))).toEqual([
      'conv2.part1',
      'conv2.scale1',
      'conv2.part2',
      'conv2.scale2',
      'conv2.part3',
      'conv2.scale3',
      'conv2.part4',
      'conv2.last',
      'conv2.joined',
    ])
  })

  it('says what is wrong and where', () => {
    expect(() => res2netBranch({ out: 8, width: 0 })).toThrow(
      new OptionsError('res2netBranch: width must be a whole number of at least 1, not 0'),
    )
    expect(() => hierarchical({ scale: conv2d({ out: 2, size: 3 }), scales: 3 }).plan([4, 4, 8])).toThrow(
      'part1: the channels of [4,4,8] cannot be split into 3 equal parts; give it a multiple of 3 channels',
    )
    expect(() => hierarchical({ scale: conv2d({ out: 2, size: 3, stride: 2 }), scales: 4 }).plan([4, 4, 8])).toThrow(
      /^scale2: scale1 \[2,2,2\] and part2 \[4,4,2\] differ/,
    )
  })

  it('names the types of its trees', () => {
    type Params = ParamsOf<ReturnType<typeof res2netBranch>>
    expectTypeOf<Params['conv2']['scale1']['conv']>().toEqualTypeOf<Conv2dParams>()
  })
})
