import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { relu } from '@resfn/activation'
import { batchNorm, type BatchNormState } from '@resfn/batch-norm'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import {
  type AnyLayer,
  init,
  type Layer,
  lift,
  type ParamsOf,
  repeat,
  sequential,
  ShapeError,
  type StateOf,
  summary,
  zeros,
} from '@resfn/layer'
import { key } from '@resfn/random'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { applyIdentityAdd, identityAdd } from './identity-add.ts'

/** conv-BN-ReLU-conv-BN whose last normalisation has weight 0, so that the branch is nothing at first. */
const silentBranch = sequential({
  a: conv2d({ out: 3, size: 3 }),
  bnA: batchNorm(),
  relu,
  b: conv2d({ out: 3, size: 3 }),
  bnB: batchNorm({ initial: { weight: zeros } }),
})

const times = (w: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.mul(w, x)
const joined = (w: tf.Tensor, x: tf.Tensor): tf.Tensor => applyIdentityAdd(w, x, times)

describeBackends('identityAdd', () => {
  it('is the identity, to the bit, where the branch is zero', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 }),
        (values) => {
          tf.tidy(() => {
            const x = tf.tensor2d(values, [1, values.length])
            const y = applyIdentityAdd(tf.scalar(1), x, (_, input) => tf.zerosLike(input))
            expect([...tf.sub(y, x).dataSync()].every((difference) => difference === 0)).toBe(true)
          })
        },
      ),
      { numRuns: 40 },
    )
  })

  it('adds the branch to its input: bare function, evaluation and training agree', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), (seed, features) => {
        tf.tidy(() => {
          const branch = dense({ out: features })
          const { params } = init(branch, key(seed), [features])
          const x = draw(seed + 1, 2, features)
          const expected = tf.add(x, branch.apply(params, x, {})).dataSync()
          expectClose(identityAdd(branch).apply(params, x, {}), expected, 0)
          expectClose(identityAdd(branch).train(params, x, key(0)).y, expected, 0)
          expectClose(
            applyIdentityAdd(params, x, (p, input) => branch.apply(p, input, {})),
            expected,
            0,
          )
        })
      }),
      { numRuns: 20 },
    )
  })

  it('sends back dy (1 + f’): the upstream gradient itself where the branch’s slope is 0, twice where it is 1', () => {
    const [x, dy] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([5, -7, 0.5])]
    for (const slope of [0, 1, -1])
      expectClose(
        gradientOf((input) => applyIdentityAdd(tf.scalar(slope), input, times), x, dy),
        [5, -7, 0.5].map((g) => g * (1 + slope)),
        0,
      )
  })

  it('sends (1 + w)^L through a chain of L joins, where a plain chain sends w^L', () => {
    const x = tf.tensor1d([1])
    const chain =
      (layers: number, w: number, join: (params: tf.Tensor, x: tf.Tensor) => tf.Tensor) =>
      (input: tf.Tensor): tf.Tensor =>
        Array.from({ length: layers }).reduce((y: tf.Tensor) => join(tf.scalar(w), y), input)
    expectClose(gradientOf(chain(50, 0.1, joined), x, 1), 1.1 ** 50, 1e-5)
    expectClose(gradientOf(chain(20, 0.1, times), x, 1).dataSync()[0]! / 0.1 ** 20, 1, 1e-5)
    expect(gradientOf(chain(50, 0.1, times), x, 1).dataSync()[0]).toBe(0)
    expect(gradientOf(chain(3, -1, joined), x, 1).dataSync()[0]).toBe(0)
  })

  it('turns products of slopes into sums: d(f + g(f)) / dw = df/dw + dg/df df/dw', () => {
    const slope = (f: (w: tf.Tensor) => tf.Tensor): number => gradientOf(f, tf.scalar(0.7)).dataSync()[0]!
    const x = tf.tensor1d([0.3, -1.2])
    const f = (w: tf.Tensor): tf.Tensor => tf.tanh(tf.mul(w, x))
    const g = (y: tf.Tensor): tf.Tensor => tf.mul(tf.square(y), 3)
    const both = slope((w) => applyIdentityAdd({}, f(w), (_, y) => g(y)))
    expectClose(both, slope(f) + slope((w) => g(f(w))), 1e-6)
  })

  it('is the sum over all paths: 2^L of them for L blocks, and as many of k branches as there are ways to choose k', () => {
    tf.tidy(() => {
      const blocks = 5
      const branch = dense({ out: 3, bias: false })
      const { params } = init(repeat(Array.from({ length: blocks }, () => branch)), key(5), [3])
      const x = draw(6, 2, 3)
      const paths = Array.from({ length: 2 ** blocks }, (_, path) => params.filter((__, i) => (path >> i) & 1))
      const through = (path: typeof params): tf.Tensor => path.reduce((y: tf.Tensor, p) => branch.apply(p, y, {}), x)
      const net = repeat(params.map(() => identityAdd(branch)))
      expectClose(
        net.apply(
          params,
          x,
          params.map(() => ({})),
        ),
        tf.addN(paths.map(through)),
        1e-5,
      )
      expect([0, 1, 2, 3, 4, 5].map((k) => paths.filter(({ length }) => length === k).length)).toEqual([
        1, 5, 10, 10, 5, 1,
      ])
    })
  })

  it('telescopes: the input and all branch outputs add up to the output of a stage', () => {
    tf.tidy(() => {
      const branch = sequential({ relu, fc: dense({ out: 6 }) })
      const { params } = init(repeat([branch, branch, branch, branch]), key(3), [6])
      const x = draw(4, 2, 6)
      const y = repeat(params.map(() => identityAdd(branch))).apply(
        params,
        x,
        params.map(() => ({})),
      )
      const { sum } = params.reduce(
        ({ sum, at }, p) => {
          const f = branch.apply(p, at, {})
          return { sum: tf.add(sum, f), at: tf.add(at, f) }
        },
        { sum: x, at: x },
      )
      expectClose(y, sum, 1e-5)
    })
  })

  it('with a last normalisation of weight 0 passes signal and gradient untouched, and only that weight learns', () => {
    tf.tidy(() => {
      const net = identityAdd(silentBranch)
      const { params, state } = init(net, key(5), [5, 5, 3])
      const [x, dy] = [draw(6, 2, 5, 5, 3), draw(7, 2, 5, 5, 3)]
      expect([...net.train(params, x, key(0)).y.dataSync()]).toEqual([...x.dataSync()])
      expect([...net.apply(params, x, state).dataSync()]).toEqual([...x.dataSync()])
      const gradients = gradientOf((tree) => net.train(tree.params, tree.x, key(0)).y, { params, x }, dy)
      expect([...tf.sub(gradients.x, dy).dataSync()].every((difference) => difference === 0)).toBe(true)
      for (const silent of [
        gradients.params.a.weight,
        gradients.params.bnA.weight,
        gradients.params.bnA.bias,
        gradients.params.b.weight,
      ])
        expect([...silent.dataSync()].every((g) => g === 0)).toBe(true)
      expect([...gradients.params.bnB.weight.dataSync()].every((g) => g !== 0)).toBe(true)
    })
  })

  it('has the gradients of finite differences', () => {
    const net = identityAdd(dense({ out: 3 }))
    const tree = { params: init(net, key(1), [3]).params, x: draw(2, 2, 3) }
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.mean(tf.square(net.apply(params, x, {})))
    checkGradients(f, tree, gradientOf(f, tree))
  })

  it('hands on what the branch saw, and leaves no tensor behind', () => {
    const net = identityAdd(batchNorm())
    const { params } = init(net, key(0), [2])
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ])
    expectClose(net.train(params, x, key(0)).seen.mean, [2, 3])
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
  })
})

describe('the plan of identityAdd', () => {
  it('has the branch’s own trees and parts: every path of the summary leads to parameters', () => {
    const net = sequential({ add: identityAdd(silentBranch), one: identityAdd(conv2d({ out: 3, size: 3 })) })
    const { rows, params } = summary(net, [5, 5, 3])
    expect(rows.map(({ path }) => path)).toEqual(['add', 'add.a', 'add.bnA', 'add.relu', 'add.b', 'add.bnB', 'one'])
    expect(rows.at(-1)?.kind).toBe('identityAdd conv2d 3x3')
    expect(params).toBe(3 * 81 + 12)
    const [one, two] = [identityAdd(conv2d({ out: 3, size: 3 })), identityAdd(batchNorm())]
    expectTypeOf<ParamsOf<typeof one>>().toEqualTypeOf<Conv2dParams>()
    expectTypeOf<StateOf<typeof two>>().toEqualTypeOf<BatchNormState>()
    expectTypeOf(one.layers.branch).toEqualTypeOf<Layer<Conv2dParams>>()
  })

  it('says where the shapes differ, and that a projection fixes it', () => {
    const block = (branch: AnyLayer): AnyLayer =>
      sequential({ layer2: sequential({ first: sequential({ add: identityAdd(branch) }) }) })
    const message = (branch: AnyLayer, input: readonly number[]): string => {
      try {
        return String(block(branch).plan(input).kind)
      } catch (error) {
        expect(error).toBeInstanceOf(ShapeError)
        expect((error as ShapeError).path).toMatch(/^layer2\.first\.add/)
        return (error as ShapeError).message
      }
    }
    expect(message(conv2d({ out: 128, size: 3, stride: 2 }), [28, 28, 64])).toBe(
      'layer2.first.add: branch [14,14,128] and shortcut [28,28,64] differ; stride 2 needs a projection (projectedAdd)',
    )
    expect(message(conv2d({ out: 128, size: 3 }), [28, 28, 64])).toBe(
      'layer2.first.add: branch [28,28,128] and shortcut [28,28,64] differ; a change of shape needs a projection (projectedAdd)',
    )
    expect(message(sequential({ conv: dense({ out: 3 }) }), [2, 2, 3])).toMatch(
      /^layer2\.first\.add\.conv: dense takes \[features\]/,
    )
    expect(
      message(
        lift((x) => x, { output: () => [7] }),
        [3],
      ),
    ).toContain('branch [7] and shortcut [3] differ')
  })
})

describe('the paths of a deep net', () => {
  it('are mostly half as long as the net: 98 % of those of 54 blocks go through 19 to 35 branches', () => {
    const blocks = 54
    const share = (length: number): number =>
      Array.from({ length }, (_, i) => (blocks - i) / (i + 1)).reduce((a, b) => a * b, 2 ** -blocks)
    const between = (from: number, to: number): number =>
      Array.from({ length: to - from + 1 }, (_, i) => share(from + i)).reduce((a, b) => a + b, 0)
    expect(between(0, blocks)).toBeCloseTo(1, 12)
    expect((100 * between(19, 35)).toFixed(1)).toBe('98.0')
    expect((100 * between(5, 17)).toFixed(4)).toBe('0.4537')
  })
})
